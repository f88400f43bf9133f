// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Libvirt

extension Connection {
    /// The time limit for finding guests, in seconds.
    private static let findTimeout = 10

    /// Lists guests, or prints the error and exits.
    func list(_ selection: Selection) throws -> [Result<Guest, GuestProblem>] {
        do throws(LibvirtError) {
            let guests = try Connection.answer(within: Self.findTimeout) {
                () throws(LibvirtError) in try self.guests(selection)
            }
            return guests.map { .success($0) }
        } catch {
            let cause =
                error.code == .operationTimeout
                ? "; a guest's hook may hang, which blocks the list; name guests instead" : ""
            StandardError.print("cannot list the guests: \(error)\(cause)")
            throw ExitCode.noConnection
        }
    }

    /// Finds guests by name. A missing guest is an error in its place.
    func find(_ names: [String]) -> [Result<Guest, GuestProblem>] {
        names.map { name in
            do throws(LibvirtError) {
                return .success(
                    try Connection.answer(within: Self.findTimeout) { () throws(LibvirtError) in
                        try self.guest(named: name)
                    })
            } catch {
                return .failure(GuestProblem(guest: name, message: error.message))
            }
        }
    }
}
