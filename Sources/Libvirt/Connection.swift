internal import CLibvirt
internal import Glibc
internal import Synchronization

/// A connection to a libvirt daemon, which several threads may use at once.
///
/// The C type is [`virConnect`](https://libvirt.org/html/libvirt-libvirt-host.html).
package final class Connection: @unchecked Sendable {
    /// Some of the guests that a daemon knows.
    package enum Selection: Sendable, Hashable {
        /// Those that run, paused ones included.
        case running
        /// Those that are defined and do not run.
        case inactive
        /// Both.
        case all
    }

    let pointer: virConnectPtr
    /// The URI that was asked for, or nothing for libvirt's default.
    let requestedURI: String?
    /// Whether the daemon lets it change nothing.
    let isReadOnly: Bool
    /// Whether libvirt holds a callback, and with it the connection.
    private let hasCloseCallback = Atomic(false)

    /// Connects to a daemon; libvirt's default URI if none is given.
    ///
    /// While the daemon starts, this waits until it serves clients: until all guests that start
    /// with it are up. The C functions are `virConnectOpen` and `virConnectOpenReadOnly`.
    package init(to uri: String? = nil, readOnly: Bool = false) throws(LibvirtError) {
        // By default libvirt also prints each error to standard error.
        virSetErrorFunc(nil) { _, _ in }
        let pointer = readOnly ? virConnectOpenReadOnly(uri) : virConnectOpen(uri)
        guard let pointer else { throw .last() }
        self.pointer = pointer
        requestedURI = uri
        isReadOnly = readOnly
    }

    /// Opens another connection like this one, after this one was lost.
    package func reopened() throws(LibvirtError) -> Connection {
        try Connection(to: requestedURI, readOnly: isReadOnly)
    }

    /// Opens another connection for a thread whose calls may take long, or returns this one where its
    /// user may have to log in for another.
    ///
    /// In clients of libvirt before 10.0, a call may be lost for as long as another thread waits on the
    /// same connection: `g_main_loop_quit` is unheard by a loop that is about to run.
    package func forAnotherThread() throws(LibvirtError) -> Connection {
        geteuid() == 0 && uri?.hasPrefix("qemu:///") == true ? try reopened() : self
    }

    deinit {
        if hasCloseCallback.load(ordering: .relaxed) {
            virConnectUnregisterCloseCallback(pointer, Self.closeCallback)
        }
        virConnectClose(pointer)
    }

    /// Finds a guest by its UUID; the C function is `virDomainLookupByUUIDString`.
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
        if let found = virDomainLookupByName(pointer, text) { return Guest(found, on: self) }
        let error = LibvirtError.last()
        if let found = virDomainLookupByUUIDString(pointer, text) { return Guest(found, on: self) }
        throw error
    }

    /// Lists guests; the C function is `virConnectListAllDomains`.
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

    /// Calls a function once, when the connection is lost or ``keepAlive(interval:count:)`` gives it up.
    ///
    /// Call it once, on a connection that was opened after ``EventLoop/startThread()``. The C function is
    /// `virConnectRegisterCloseCallback`.
    ///
    /// - Parameter body: Runs on the event loop's thread, with a lock of libvirt held: it must not use
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
