internal import Glibc
internal import System

/// The libvirt daemon that runs this hook.
package enum CallingDaemon {
    /// The daemons that run QEMU's guests, as `/proc/PID/comm` names them.
    package static let names: Set<String> = ["libvirtd", "virtqemud"]

    /// The pid files that such a daemon locks below its runtime directory. The QEMU driver's own comes
    /// first: of two daemons, the guests belong to its holder.
    package static let pidFiles = ["libvirt/qemu/driver.pid", "virtqemud.pid", "libvirtd.pid"]

    /// How many processes there may be between the daemon and the hook, as where another hook runs ours.
    private static let depth = 8

    /// Returns the process ID of the daemon: of the nearest ancestor with a daemon's name, else of the
    /// parent.
    ///
    /// The C function is `getppid`; the ancestors are in `/proc/PID/stat`.
    package static func process() -> Int32 {
        let parent = getppid()
        var next = parent
        for _ in 0..<depth {
            guard next > 1, let status = ProcessStatus(of: next) else { break }
            if names.contains(status.name) { return next }
            next = status.parent
        }
        return parent
    }

    /// Returns whether the system's service takes care of a daemon's guests.
    ///
    /// A service without a daemon will find the owner of the system's guests.
    ///
    /// - Parameter daemon: The daemon's process ID.
    package static func isServed(_ daemon: Int32) -> Bool {
        switch ServiceLock.holder(for: daemon) {
        case .followsDaemon: true
        case .hasNoDaemon: geteuid() == 0 && ownerOfGuests(in: "/run") == daemon
        case .none, .followsOther: false
        }
    }

    /// Returns the process that owns the guests of a runtime directory.
    private static func ownerOfGuests(in runtimeDirectory: String) -> Int32? {
        for file in pidFiles {
            if let holder = FileLock.holder(of: "\(runtimeDirectory)/\(file)") { return holder }
        }
        return nil
    }
}
