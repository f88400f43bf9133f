// SPDX-License-Identifier: Apache-2.0

internal import CLibvirt
internal import Glibc
internal import Synchronization

/// A connection to a libvirt daemon. Several threads may use it at once.
///
/// The C type is [`virConnect`](https://libvirt.org/html/libvirt-libvirt-host.html).
package final class Connection: @unchecked Sendable {
    /// The guests to list.
    package enum Selection: Sendable, Hashable {
        /// Running guests, paused ones included.
        case running
        /// Persistent guests that are shut off.
        case inactive
        /// Running and inactive guests.
        case all
    }

    let pointer: virConnectPtr
    /// The URI given by the caller, or `nil` for libvirt's default.
    package let requestedURI: String?
    /// Whether the connection may only read.
    let isReadOnly: Bool
    /// Whether libvirt holds a callback, and with it the connection.
    private let hasCloseCallback = Atomic(false)

    /// Connects to a daemon, by default at libvirt's default URI.
    ///
    /// While the daemon starts, the call waits until all autostarted guests run. The C functions
    /// are `virConnectOpen` and `virConnectOpenReadOnly`.
    package init(to uri: String? = nil, readOnly: Bool = false) throws(LibvirtError) {
        // By default libvirt also prints each error to standard error.
        virSetErrorFunc(nil) { _, _ in }
        let pointer = readOnly ? virConnectOpenReadOnly(uri) : virConnectOpen(uri)
        guard let pointer else { throw .last() }
        self.pointer = pointer
        requestedURI = uri
        isReadOnly = readOnly
    }

    /// Opens another connection with the same URI and rights.
    package func reopened() throws(LibvirtError) -> Connection {
        try Connection(to: requestedURI, readOnly: isReadOnly)
    }

    /// Returns another connection for a thread with long calls.
    ///
    /// Returns this connection if the user may have to log in for another.
    ///
    /// Before libvirt 10.0, a client can lose an answer while another thread waits on the same
    /// connection. A loop that is about to run misses `g_main_loop_quit`.
    package func forAnotherThread() throws(LibvirtError) -> Connection {
        geteuid() == 0 && uri?.hasPrefix("qemu:///") == true ? try reopened() : self
    }

    deinit {
        if hasCloseCallback.load(ordering: .relaxed) {
            virConnectUnregisterCloseCallback(pointer, Self.closeCallback)
        }
        virConnectClose(pointer)
    }

    /// Finds a guest by its UUID. The C function is `virDomainLookupByUUIDString`.
    package func guest(uuid: String) throws(LibvirtError) -> Guest {
        try guest(virDomainLookupByUUIDString(pointer, uuid))
    }

    /// Finds a guest as virsh does: by its number while it runs, its name or its UUID.
    ///
    /// The C functions are `virDomainLookupByID`, `virDomainLookupByName` and
    /// `virDomainLookupByUUIDString`.
    package func guest(named text: String) throws(LibvirtError) -> Guest {
        if let id = Int32(text), id >= 0, let found = virDomainLookupByID(pointer, id) {
            return Guest(found, on: self)
        }
        return try guest(exactlyNamed: text)
    }

    /// Finds a guest by its name, else by its UUID.
    ///
    /// The C functions are `virDomainLookupByName` and `virDomainLookupByUUIDString`.
    package func guest(exactlyNamed name: String) throws(LibvirtError) -> Guest {
        if let found = virDomainLookupByName(pointer, name) { return Guest(found, on: self) }
        let error = LibvirtError.last()
        if let found = virDomainLookupByUUIDString(pointer, name) { return Guest(found, on: self) }
        throw error
    }

    /// Lists guests. The C function is `virConnectListAllDomains`.
    package func guests(_ selection: Selection) throws(LibvirtError) -> [Guest] {
        let flags =
            switch selection {
            case .running: VIR_CONNECT_LIST_DOMAINS_ACTIVE.rawValue
            case .inactive: VIR_CONNECT_LIST_DOMAINS_INACTIVE.rawValue
            case .all: UInt32(0)
            }
        var list: UnsafeMutablePointer<virDomainPtr?>?
        let count = virConnectListAllDomains(pointer, &list, flags)
        guard count >= 0, let list else { throw .last() }
        defer { free(list) }
        return (0..<Int(count)).compactMap { index in
            list[index].map { Guest($0, on: self) }
        }
    }

    /// Sets the function that libvirt calls once, when the connection is lost.
    ///
    /// That includes a close by ``keepAlive(interval:count:)``. Open the
    /// connection after ``EventLoop/startThread()``, and call this method once. The C function is
    /// `virConnectRegisterCloseCallback`.
    ///
    /// - Parameter body: Runs on the event loop's thread under a lock of libvirt. It must not use
    ///   the connection.
    package func onClose(_ body: @escaping @Sendable () -> Void) throws(LibvirtError) {
        let callback = Unmanaged.passRetained(CloseCallback(body))
        let result = virConnectRegisterCloseCallback(
            pointer, Self.closeCallback, callback.toOpaque(),
            { if let callback = $0 { Unmanaged<CloseCallback>.fromOpaque(callback).release() } })
        guard result == 0 else {
            callback.release()
            throw .last()
        }
        hasCloseCallback.store(true, ordering: .relaxed)
    }

    private static let closeCallback: virConnectCloseFunc = { _, _, callback in
        guard let callback else { return }
        Unmanaged<CloseCallback>.fromOpaque(callback).takeUnretainedValue().body()
    }

    private final class CloseCallback: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    private func guest(_ pointer: virDomainPtr?) throws(LibvirtError) -> Guest {
        guard let pointer else { throw .last() }
        return Guest(pointer, on: self)
    }
}
