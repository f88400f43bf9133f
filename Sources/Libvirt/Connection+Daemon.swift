internal import CLibvirt
internal import Glibc

extension Connection {
    /// Connects to a daemon that runs, and to no other.
    ///
    /// Like any connection, it waits for a daemon that is stopped or that is not ready yet. The C
    /// function is `virConnectOpen`.
    ///
    /// - Throws: Also an error with the code `noConnect` if the daemon ended, or lost its guests to
    ///   another daemon, in the meantime.
    package convenience init(to daemon: Daemon) throws(LibvirtError) {
        try self.init(to: daemon.uri)
        guard daemon.isCurrent else {
            throw LibvirtError(
                code: .noConnect, message: "\(daemon.name) (process \(daemon.process)) has ended")
        }
    }

    /// Keeps libvirt from starting a daemon for any connection of this process.
    ///
    /// Call it before there are other threads. The C function is `setenv`, of `LIBVIRT_AUTOSTART`.
    package static func forbidAutostart() {
        setenv("LIBVIRT_AUTOSTART", "0", 1)
    }

    /// Has libvirt close the connection when the daemon does not answer for a while.
    ///
    /// It needs ``EventLoop/startThread()`` to run before the connection is opened. The C function is
    /// `virConnectSetKeepAlive`.
    ///
    /// - Parameters:
    ///   - interval: The seconds of silence after which libvirt asks the daemon, and asks again.
    ///   - count: The number of questions without an answer after which libvirt closes the connection,
    ///     one interval later.
    /// - Returns: Whether libvirt does so.
    @discardableResult
    package func keepAlive(interval: Int32, count: UInt32) -> Bool {
        virConnectSetKeepAlive(pointer, interval, count) == 0
    }

    /// Lists the running guests, paused ones included; one question to the daemon.
    ///
    /// The C functions are `virConnectListAllDomains`, `virDomainGetUUIDString`, `virDomainGetName` and
    /// `virDomainGetID`.
    package func guestIDs() throws(LibvirtError) -> [RunningGuest] {
        try guests(.running).map {
            RunningGuest(
                uuid: $0.uuid, name: $0.name, id: Int32(bitPattern: virDomainGetID($0.pointer)))
        }
    }
}

/// A guest at the time when it was listed.
package struct RunningGuest: Sendable, Hashable {
    /// The UUID, as libvirt writes it.
    package var uuid: String
    /// The name.
    package var name: String
    /// libvirt's number of this run; numbers start again with the daemon's host.
    package var id: Int32

    /// Describes a guest.
    package init(uuid: String, name: String, id: Int32) {
        self.uuid = uuid
        self.name = name
        self.id = id
    }
}
