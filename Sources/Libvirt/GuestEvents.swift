internal import CLibvirt
internal import System

/// A change of a guest, as libvirt's daemon reports it.
package struct GuestEvent: Sendable, Hashable {
    /// The change.
    package enum Kind: Sendable, Hashable {
        /// QEMU was started for the guest.
        case started(Start)
        /// The guest's processors run again.
        case resumed(Resume)
        /// The guest's processors stopped.
        case suspended(Suspend)
        /// QEMU ended.
        case stopped
        /// The guest shut down; QEMU is still there.
        case shutdown
        /// The guest crashed; QEMU is still there.
        case crashed
        /// The guest put itself to sleep.
        case pmSuspended
        /// The persistent domain XML was added or changed.
        case defined
        /// The persistent domain XML was removed.
        case undefined
        /// The element of a namespace of ours changed in the metadata.
        case metadataChanged(namespace: String)
        /// The guest released a device.
        case deviceRemoved(alias: String)
        /// A watchdog fired: the action in libvirt's words, and the time of day in ISO 8601.
        case watchdogFired(action: String, time: String)
    }

    /// How a guest came to run.
    package enum Start: Sendable, Hashable {
        /// It booted.
        case booted
        /// It came from another host.
        case migrated
        /// It was restored from a file.
        case restored
        /// It was reverted to a snapshot.
        case snapshot
        /// It woke up.
        case wakeup
    }

    /// Why a guest's processors run again.
    package enum Resume: Sendable, Hashable {
        /// It is no longer paused; at a cold start, too.
        case unpaused
        /// Its migration ended.
        case migrated
        /// It was restored from a file or reverted to a snapshot.
        case snapshot
        /// It runs while its memory is still coming from another host.
        case postCopy
        /// Another reason, or one of a later libvirt.
        case other
    }

    /// Why a guest's processors stopped.
    package enum Suspend: Sendable, Hashable {
        /// It was paused.
        case paused
        /// It is moving to another host.
        case migrated
        /// A disk error.
        case ioError
        /// Its watchdog fired.
        case watchdog
        /// It was restored paused.
        case restored
        /// It was reverted to a snapshot, and stays paused.
        case snapshot
        /// A libvirt call failed half-way.
        case apiError
        /// Its memory follows it to another host.
        case postCopy
        /// Another reason, or one of a later libvirt.
        case other
    }

    /// The UUID, as libvirt writes it.
    package var uuid: String
    /// The name.
    package var name: String
    /// libvirt's number of the run; -1 once the guest is off.
    package var id: Int32
    /// The change.
    package var kind: Kind

    /// Describes an event.
    package init(uuid: String, name: String, id: Int32, kind: Kind) {
        self.uuid = uuid
        self.name = name
        self.id = id
        self.kind = kind
    }
}

extension GuestEvent.Kind {
    /// The beginning of the namespaces of our metadata.
    private static let namespacePrefix = "urn:virt-watchdog:"

    /// Reads the numbers of `VIR_DOMAIN_EVENT_ID_LIFECYCLE`; `nil` for a change of a later libvirt.
    init?(lifecycle event: CInt, detail: CInt) {
        let detail = UInt32(bitPattern: detail)
        switch virDomainEventType(rawValue: UInt32(bitPattern: event)) {
        case VIR_DOMAIN_EVENT_DEFINED: self = .defined
        case VIR_DOMAIN_EVENT_UNDEFINED: self = .undefined
        case VIR_DOMAIN_EVENT_STARTED:
            guard let start = GuestEvent.Start(detail) else { return nil }
            self = .started(start)
        case VIR_DOMAIN_EVENT_SUSPENDED: self = .suspended(GuestEvent.Suspend(detail))
        case VIR_DOMAIN_EVENT_RESUMED: self = .resumed(GuestEvent.Resume(detail))
        case VIR_DOMAIN_EVENT_STOPPED: self = .stopped
        case VIR_DOMAIN_EVENT_SHUTDOWN: self = .shutdown
        case VIR_DOMAIN_EVENT_PMSUSPENDED: self = .pmSuspended
        case VIR_DOMAIN_EVENT_CRASHED: self = .crashed
        default: return nil
        }
    }

    /// Reads a change of the metadata; `nil` for another program's namespace, or for title or description.
    init?(metadata type: CInt, namespace: String?) {
        guard UInt32(bitPattern: type) == VIR_DOMAIN_METADATA_ELEMENT.rawValue,
            let namespace, namespace.hasPrefix(Self.namespacePrefix)
        else { return nil }
        self = .metadataChanged(namespace: namespace)
    }

    /// Reads the removal of a device.
    init?(removed alias: String?) {
        guard let alias else { return nil }
        self = .deviceRemoved(alias: alias)
    }
}

extension GuestEvent.Start {
    fileprivate init?(_ detail: UInt32) {
        switch virDomainEventStartedDetailType(rawValue: detail) {
        case VIR_DOMAIN_EVENT_STARTED_BOOTED: self = .booted
        case VIR_DOMAIN_EVENT_STARTED_MIGRATED: self = .migrated
        case VIR_DOMAIN_EVENT_STARTED_RESTORED: self = .restored
        case VIR_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT: self = .snapshot
        case VIR_DOMAIN_EVENT_STARTED_WAKEUP: self = .wakeup
        default: return nil
        }
    }
}

extension GuestEvent.Resume {
    fileprivate init(_ detail: UInt32) {
        switch virDomainEventResumedDetailType(rawValue: detail) {
        case VIR_DOMAIN_EVENT_RESUMED_UNPAUSED: self = .unpaused
        case VIR_DOMAIN_EVENT_RESUMED_MIGRATED: self = .migrated
        case VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT: self = .snapshot
        case VIR_DOMAIN_EVENT_RESUMED_POSTCOPY: self = .postCopy
        default: self = .other
        }
    }
}

extension GuestEvent.Suspend {
    fileprivate init(_ detail: UInt32) {
        switch virDomainEventSuspendedDetailType(rawValue: detail) {
        case VIR_DOMAIN_EVENT_SUSPENDED_PAUSED: self = .paused
        case VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED: self = .migrated
        case VIR_DOMAIN_EVENT_SUSPENDED_IOERROR: self = .ioError
        case VIR_DOMAIN_EVENT_SUSPENDED_WATCHDOG: self = .watchdog
        case VIR_DOMAIN_EVENT_SUSPENDED_RESTORED: self = .restored
        case VIR_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT: self = .snapshot
        case VIR_DOMAIN_EVENT_SUSPENDED_API_ERROR: self = .apiError
        case VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY: self = .postCopy
        default: self = .other
        }
    }
}

/// A subscription to the changes of all guests of a daemon.
///
/// It ends with this object or with the connection. Ending it waits for the daemon's answer, unless the
/// connection is lost.
package final class GuestEvents: @unchecked Sendable {
    private typealias Handler = @Sendable (GuestEvent) -> Void

    private let connection: Connection
    /// Complete when the initializer returns.
    private var callbacks: [CInt] = []

    /// Subscribes, on a connection that was opened after ``EventLoop/startThread()``.
    ///
    /// The C function is `virConnectDomainEventRegisterAny`.
    ///
    /// - Parameter handler: Takes each event, on the event loop's thread: it must not use libvirt or
    ///   wait, since later events and answers wait for it.
    package init(
        on connection: Connection, _ handler: @escaping @Sendable (GuestEvent) -> Void
    ) throws(LibvirtError) {
        self.connection = connection
        try subscribe(
            VIR_DOMAIN_EVENT_ID_LIFECYCLE, handler,
            unsafeBitCast(lifecycleCallback, to: Callback.self))
        try subscribe(
            VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, handler,
            unsafeBitCast(metadataCallback, to: Callback.self))
        try subscribe(
            VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, handler,
            unsafeBitCast(removedCallback, to: Callback.self))
        try subscribe(
            VIR_DOMAIN_EVENT_ID_WATCHDOG, handler,
            unsafeBitCast(watchdogCallback, to: Callback.self))
    }

    deinit {
        for callback in callbacks {
            virConnectDomainEventDeregisterAny(connection.pointer, callback)
        }
    }

    private func subscribe(
        _ event: virDomainEventID, _ handler: @escaping Handler, _ callback: @escaping Callback
    ) throws(LibvirtError) {
        let context = Unmanaged.passRetained(Context(handler))
        let number = virConnectDomainEventRegisterAny(
            connection.pointer, nil, CInt(bitPattern: event.rawValue), callback, context.toOpaque(),
            { if let context = $0 { Unmanaged<Context>.fromOpaque(context).release() } })
        guard number >= 0 else {
            context.release()
            throw .last()
        }
        callbacks.append(number)
    }
}

private typealias Callback =
    @convention(c) (
        virConnectPtr?, virDomainPtr?, UnsafeMutableRawPointer?
    ) -> Void

private final class Context: Sendable {
    private let handler: @Sendable (GuestEvent) -> Void

    init(_ handler: @escaping @Sendable (GuestEvent) -> Void) {
        self.handler = handler
    }

    static func report(
        _ kind: GuestEvent.Kind?, of guest: virDomainPtr?, to context: UnsafeMutableRawPointer?
    ) {
        guard let kind, let guest, let context else { return }
        let event = GuestEvent(
            uuid: Guest.uuid(of: guest), name: Guest.name(of: guest),
            id: Int32(bitPattern: virDomainGetID(guest)), kind: kind)
        Unmanaged<Context>.fromOpaque(context).takeUnretainedValue().handler(event)
    }
}

private let lifecycleCallback:
    @convention(c) (virConnectPtr?, virDomainPtr?, CInt, CInt, UnsafeMutableRawPointer?) -> Void = {
        _, guest, event, detail, context in
        Context.report(.init(lifecycle: event, detail: detail), of: guest, to: context)
    }

private let metadataCallback:
    @convention(c) (
        virConnectPtr?, virDomainPtr?, CInt, UnsafePointer<CChar>?, UnsafeMutableRawPointer?
    ) -> Void = { _, guest, type, namespace, context in
        let namespace = namespace.map { String(cString: $0) }
        Context.report(.init(metadata: type, namespace: namespace), of: guest, to: context)
    }

private let removedCallback:
    @convention(c) (
        virConnectPtr?, virDomainPtr?, UnsafePointer<CChar>?, UnsafeMutableRawPointer?
    ) -> Void = { _, guest, alias, context in
        Context.report(.init(removed: alias.map { String(cString: $0) }), of: guest, to: context)
    }

private let watchdogCallback:
    @convention(c) (virConnectPtr?, virDomainPtr?, CInt, UnsafeMutableRawPointer?) -> Void = {
        _, guest, action, context in
        let fire = GuestEvent.Kind.watchdogFired(
            action: name(ofWatchdogAction: action), time: Clock.localTime)
        Context.report(fire, of: guest, to: context)
    }
