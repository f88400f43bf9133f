// SPDX-License-Identifier: Apache-2.0

internal import Host
package import Libvirt
internal import System
package import WatchdogPolicy

extension Guest {
    /// Returns the state and its reason. The C function is `virDomainGetState`.
    package func situation() throws(LibvirtError) -> Situation {
        let (state, reason) = try stateAndReason()
        return Situation(state: state, reason: reason)
    }

    /// The guest's present run, from the pid file of its QEMU.
    ///
    /// It is `nil` on another host, for a URI that names no known daemon, and without read
    /// permission.
    package var run: RunID? {
        guard !connection.isRemote, let uri = connection.uri else { return nil }
        return QEMUProcessFile.path(
            ofGuest: name, uri: uri, runtimeDirectory: Environment["XDG_RUNTIME_DIR"]
        ).flatMap { RunID(ofProcessIn: $0) }
    }
}
