// SPDX-License-Identifier: Apache-2.0

import Libvirt
import System

/// Whether libvirt runs our hook when guests start.
enum HookPresence: Hashable {
    case installed, missing
    /// This user cannot see it, for this reason.
    case unknown(String)

    /// Looks for the hook of a daemon.
    init(for connection: Connection, on host: LocalHost = LocalHost()) {
        if connection.isRemote {
            self = .unknown("its host is another one; run virt-watchdog status there")
        } else {
            self.init(Hooks(of: host), isOwnDaemon: connection.isOwnDaemon)
        }
    }

    /// Judges the hooks of a host.
    ///
    /// - Parameter isOwnDaemon: Whether the daemon runs as this user, who then runs no hook in a
    ///   directory that this user cannot read.
    init(_ hooks: Hooks, isOwnDaemon: Bool) {
        if hooks.ours.contains(where: \.isRun) {
            self = .installed
        } else if let directory = hooks.closedFolder {
            self = isOwnDaemon ? .missing : .unknown(Self.reason(directory))
        } else if let file = hooks.files.first(where: { $0.maker == .unknown && $0.isRun }) {
            self = .unknown(Self.reason(file.path))
        } else {
            self = .missing
        }
    }

    private static func reason(_ path: String) -> String {
        "this user cannot read \(path.shellWord); run as root"
    }
}

extension Connection {
    /// Whether the daemon runs as this user.
    var isOwnDaemon: Bool { !isRemote && isQEMUByURI && uri?.hasSuffix("/session") == true }

    /// Whether the URI is QEMU's. Unlike ``isQEMU``, it asks no daemon, which might not answer.
    var isQEMUByURI: Bool { uri.flatMap(LibvirtURI.init)?.driver == "qemu" }
}
