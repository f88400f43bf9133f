// SPDX-License-Identifier: Apache-2.0

import Libvirt

/// The daemons that call the hook.
struct LibvirtDaemons {
    /// The daemons on this host.
    var running: [LibvirtDaemon]
    /// Whether a daemon answers.
    var isReachable: Bool

    /// Finds the daemons of a connection: the system's, or this user's own.
    static func running(for connection: Connection?, on host: LocalHost) -> LibvirtDaemons {
        let isQEMU = connection?.isQEMU == true
        let isSession = isQEMU && connection?.uri?.hasSuffix("/session") == true
        return LibvirtDaemons(
            running: LibvirtDaemon.running(on: host, isSession: isSession), isReachable: isQEMU)
    }
}
