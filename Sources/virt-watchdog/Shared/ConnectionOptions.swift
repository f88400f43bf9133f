// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Libvirt
import System
import WatchdogPolicy

/// The options for the libvirt connection.
///
/// The tool itself has them, too, so they may stand before a command.
struct ConnectionOptions: ParsableArguments {
    @Option(
        name: [.customShort("c", allowingJoined: true), .long],
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
            // Another attempt would fail, too.
            guard ConnectionProblem(error, uri: requestedURI) == .denied else {
                throw explained(error)
            }
            return try connection(readOnly: true)
        }
    }

    private func open(readOnly: Bool) throws(LibvirtError) -> Connection {
        try Connection.open(to: connect, readOnly: readOnly, timeout: Self.timeout)
    }

    /// The URI of the option or of libvirt's variable, or `nil` for libvirt's own choice.
    private var requestedURI: String? { connect ?? Environment["LIBVIRT_DEFAULT_URI"] }

    /// Prints the error and its fix.
    private func explained(_ error: LibvirtError) -> ExitCode {
        let remedy = ConnectionProblem(error, uri: requestedURI).remedy
        StandardError.print(
            "cannot connect to libvirt\(requestedURI.map { " at \(quoted($0))" } ?? ""): \(error);"
                + " \(remedy)")
        return .noConnection
    }
}
