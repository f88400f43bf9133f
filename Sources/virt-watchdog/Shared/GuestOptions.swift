// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Libvirt

/// The options for the guests of a command on running guests, and for their connection.
struct GuestOptions: ParsableArguments {
    @OptionGroup var daemon: ConnectionOptions

    @Flag(help: "All running guests.")
    var all = false

    @Argument(
        help: ArgumentHelp("Guests by name, UUID or ID.", valueName: "guest"),
        completion: .guests)
    var guests: [String] = []

    func validate() throws {
        if all, !guests.isEmpty {
            throw ValidationError("Name guests or use --all, not both.")
        }
    }

    /// Returns the named guests, else all running guests.
    func find(on connection: Connection) throws -> [Result<Guest, GuestProblem>] {
        guests.isEmpty ? try connection.list(.running) : connection.find(guests)
    }
}
