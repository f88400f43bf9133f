// SPDX-License-Identifier: Apache-2.0

internal import CLibvirt
internal import Glibc

extension Connection {
    /// Connects to a running daemon without starting one.
    ///
    /// Like any connection, it waits for a daemon that is stopped or not ready yet. The C function
    /// is `virConnectOpen`.
    ///
    /// - Throws: `noConnect` if the daemon ended, or lost its guests to another daemon, in the
    ///   meantime. libvirt's error otherwise.
    package convenience init(to daemon: Daemon) throws(LibvirtError) {
        try self.init(to: daemon.uri)
        guard daemon.isCurrent else {
            throw LibvirtError(
                code: .noConnect, message: "\(daemon.name) (process \(daemon.process)) has ended")
        }
    }

    /// Keeps libvirt from starting a daemon for any connection of this process.
    ///
    /// Call it before other threads exist. The C function is `setenv`, of `LIBVIRT_AUTOSTART`.
    package static func forbidAutostart() {
        setenv("LIBVIRT_AUTOSTART", "0", 1)
    }

    /// Has libvirt close the connection when the daemon stops answering.
    ///
    /// Call ``EventLoop/startThread()`` before opening the connection. The C function is
    /// `virConnectSetKeepAlive`.
    ///
    /// - Parameters:
    ///   - interval: The seconds without an answer after which libvirt sends a ping, and the next
    ///     one.
    ///   - count: The number of unanswered pings. libvirt closes the connection one interval later.
    /// - Returns: Whether libvirt accepted the setting.
    @discardableResult
    package func keepAlive(interval: Int32, count: UInt32) -> Bool {
        virConnectSetKeepAlive(pointer, interval, count) == 0
    }

    /// Lists the running guests, paused ones included, in one call to the daemon.
    ///
    /// The C functions are `virConnectListAllDomains`, `virDomainGetUUIDString`, `virDomainGetName`
    /// and `virDomainGetID`.
    package func guestIDs() throws(LibvirtError) -> [RunningGuest] {
        try guests(.running).map {
            RunningGuest(
                uuid: $0.uuid, name: $0.name, id: Int32(bitPattern: virDomainGetID($0.pointer)))
        }
    }
}
