internal import Host
package import Libvirt
internal import System
package import WatchdogPolicy

extension Guest {
    /// The state and its reason; the C function is `virDomainGetState`.
    package func situation() throws(LibvirtError) -> Situation {
        let (state, reason) = try stateAndReason()
        return Situation(state: state, reason: reason)
    }

    /// The guest's present run, by the file in which libvirt notes QEMU's process ID.
    ///
    /// It is unknown on another host, where the URI is neither that of the system's daemon nor that of
    /// the user's, and where this user may not read the file.
    package var run: RunID? {
        guard !connection.isRemote, let uri = connection.uri else { return nil }
        return QEMUProcessFile.path(
            ofGuest: name, uri: uri, runtimeDirectory: Environment["XDG_RUNTIME_DIR"]
        ).flatMap { RunID(ofProcessIn: $0) }
    }
}
