// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Libvirt

/// The guests of a command line.
struct GuestArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Guests by name, UUID, ID or pattern (*, ?); - reads names.", valueName: "guest"),
        completion: .guests)
    var guests: [String] = []
}

/// The options for the guests of a command on running guests, and for their connection.
struct GuestOptions: ParsableArguments {
    @OptionGroup var daemon: ConnectionOptions
    @OptionGroup var arguments: GuestArguments

    @Flag(help: "All running guests.")
    var all = false

    func validate() throws {
        if all, !arguments.guests.isEmpty {
            throw ValidationError("Name guests or use --all, not both.")
        }
    }

    /// Returns the selected guests, else all running guests.
    func find(on connection: Connection) throws -> GuestSelection.Found {
        try GuestSelection(arguments.guests).find(among: .running, on: connection)
    }
}
