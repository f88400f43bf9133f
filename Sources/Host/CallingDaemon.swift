// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import System

/// The libvirt daemon that called the hook.
package enum CallingDaemon {
    /// The names of the daemons with QEMU guests, as in `/proc/PID/comm`.
    package static let names: Set<String> = ["libvirtd", "virtqemud"]

    /// The pid files that such a daemon locks below its runtime directory.
    ///
    /// The QEMU driver's own comes first: of two daemons, its holder owns the guests.
    package static let pidFiles = ["libvirt/qemu/driver.pid", "virtqemud.pid", "libvirtd.pid"]

    /// The number of processes allowed between the daemon and the hook, such as another hook.
    private static let depth = 8

    /// Returns the process ID of the nearest ancestor with a daemon's name, else of the parent.
    ///
    /// The C function is `getppid`, and `/proc/PID/stat` names the ancestors.
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

    /// Returns whether the system's service treats a daemon's guests.
    ///
    /// A service without a daemon is about to find the owner of the system's guests.
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
