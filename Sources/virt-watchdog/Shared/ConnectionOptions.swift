// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Libvirt
import WatchdogPolicy

/// The options for the libvirt connection.
struct ConnectionOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Connect to this libvirt URI, as in virsh.", valueName: "uri"))
    var connect: String?

    /// The time limit for a connection, in seconds. A daemon that starts its guests needs time.
    private static let timeout = 30

    /// Connects to libvirt, or prints the error and exits.
    func connection(readOnly: Bool) throws -> Connection {
        do throws(LibvirtError) {
            return try open(readOnly: readOnly)
        } catch {
            throw explained(error)
        }
    }

    /// Connects with all rights, or else read-only.
    func readingConnection() throws -> Connection {
        do throws(LibvirtError) {
            return try open(readOnly: false)
        } catch {
            // Another attempt would time out, too.
            if error.code == .operationTimeout { throw explained(error) }
            return try connection(readOnly: true)
        }
    }

    /// Returns the line about a daemon without running guests.
    func noGuest(on connection: Connection) -> String { "No guest runs." }

    private func open(readOnly: Bool) throws(LibvirtError) -> Connection {
        try Connection.open(to: connect, readOnly: readOnly, timeout: Self.timeout)
    }

    /// Prints the error and its fix.
    private func explained(_ error: LibvirtError) -> ExitCode {
        // A daemon that runs but does not answer need not be started.
        let fix =
            error.code == .operationTimeout
            ? "look at its process with ps -o pid,stat,args -C libvirtd,virtqemud: T needs kill -CONT"
            : "start libvirtd or virtqemud, or name another URI with --connect"
        StandardError.print(
            "cannot connect to libvirt\(connect.map { " at \(quoted($0))" } ?? ""): \(error); \(fix)"
        )
        return .noConnection
    }
}
