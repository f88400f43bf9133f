// SPDX-License-Identifier: Apache-2.0

import Libvirt
import System
import WatchdogPolicy

/// The checks `daemon-reachable` and `daemon-writable`: libvirt answers, and this user may change
/// guests.
struct DaemonAnswers {
    private let uri: String?
    private let reading: Result<Connection, LibvirtError>
    private let writing: Result<Connection, LibvirtError>

    /// The time limit for a daemon's answer, in seconds.
    private static let timeout = 10

    /// Connects twice. The first connection starts a socket-activated daemon.
    init(connectingTo uri: String?) {
        self.uri = uri
        reading = Self.connect(to: uri, readOnly: true)
        if case .failure(let error) = reading, error.code == .operationTimeout {
            // Another attempt would time out, too.
            writing = reading
        } else {
            writing = Self.connect(to: uri, readOnly: false)
        }
    }

    private static func connect(
        to uri: String?, readOnly: Bool
    ) -> Result<Connection, LibvirtError> {
        Result { () throws(LibvirtError) in
            try Connection.open(to: uri, readOnly: readOnly, timeout: timeout)
        }
    }

    /// An open connection, if there is one.
    var connection: Connection? { (try? reading.get()) ?? (try? writing.get()) }

    /// The results of the two connections.
    var findings: [Finding] { [reachable, writable] }

    private var reachable: Finding {
        switch reading {
        case .success(let connection):
            let place = connection.uri ?? ""
            if connection.isRemote {
                return .warn(
                    .daemonReachable,
                    "libvirt answers at \(quoted(place)), which may be another host; all other"
                        + " checks are of this host",
                    remedy: "run virt-watchdog doctor on that host")
            }
            return .ok(.daemonReachable, "libvirt answers at \(quoted(place))")
        case .failure(let error):
            return .fail(
                .daemonReachable, "cannot connect to libvirt\(at): \(error)",
                remedy: remedy(error))
        }
    }

    private var writable: Finding {
        switch writing {
        case .success:
            return .ok(.daemonWritable, "libvirt lets this user change guests")
        case .failure(let error):
            if case .success = reading {
                return .fail(
                    .daemonWritable, "libvirt does not let this user change guests: \(error)",
                    remedy: "run it as root, or as a user in the group libvirt")
            }
            return .fail(
                .daemonWritable, "cannot connect to libvirt to change guests\(at): \(error)",
                remedy: remedy(error))
        }
    }

    private var at: String { uri.map { " at \(quoted($0))" } ?? "" }

    private func remedy(_ error: LibvirtError) -> String {
        ConnectionProblem(error, uri: uri ?? Environment["LIBVIRT_DEFAULT_URI"]).remedy
    }
}
