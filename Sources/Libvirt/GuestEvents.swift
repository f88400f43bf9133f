// SPDX-License-Identifier: Apache-2.0

internal import CLibvirt
internal import System

/// A change of a guest, as libvirt reports it.
package struct GuestEvent: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// QEMU was started for the guest.
        case started(Start)
        /// The guest's processors run again.
        case resumed(Resume)
        /// The guest's processors stopped.
        case suspended(Suspend)
        /// QEMU exited.
        case stopped
        /// The guest shut down, and QEMU still runs.
        case shutdown
        /// The guest crashed, and QEMU still runs.
        case crashed
        /// The guest suspended itself.
        case pmSuspended
        /// The persistent domain XML was added or changed.
        case defined
        /// The persistent domain XML was removed.
        case undefined
        /// The metadata element of one of our namespaces changed.
        case metadataChanged(namespace: String)
        /// The guest released a device.
        case deviceRemoved(alias: String)
        /// A device was hot-plugged.
        case deviceAdded(alias: String)
        /// A watchdog fired. Carries the action in libvirt's words, and the time of day in ISO
        /// 8601.
        case watchdogFired(action: String, time: String)
    }

    /// The origin of a run.
    package enum Start: Sendable, Hashable {
        /// The guest booted.
        case booted
        /// The guest migrated in from another host.
        case migrated
        /// The guest was restored from a file.
        case restored
        /// The guest was reverted to a snapshot.
        case snapshot
        /// The guest woke up.
        case wakeup
    }

    /// The reason why a guest's processors run again.
    package enum Resume: Sendable, Hashable {
        /// The guest is no longer paused. libvirt also reports this at a cold start.
        case unpaused
        /// The guest's migration ended.
        case migrated
        /// The guest was restored from a file or reverted to a snapshot.
        case snapshot
        /// The guest runs while its memory still arrives from another host.
        case postCopy
        /// Another reason, perhaps of a later libvirt.
        case other
    }

    /// The reason why a guest's processors stopped.
    package enum Suspend: Sendable, Hashable {
        /// The guest was paused.
        case paused
        /// The guest is migrating to another host.
        case migrated
        /// A disk error paused the guest.
        case ioError
        /// The guest's watchdog fired.
        case watchdog
        /// The guest was restored paused.
        case restored
        /// The guest was reverted to a snapshot, and stays paused.
        case snapshot
        /// A libvirt call failed half-way.
        case apiError
        /// The guest's memory follows it to another host.
        case postCopy
        /// Another reason, perhaps of a later libvirt.
        case other
    }

    /// The UUID in libvirt's spelling.
    package var uuid: String
    package var name: String
    /// libvirt's number of the run, or -1 once the guest is off.
    package var id: Int32
    package var kind: Kind

    package init(uuid: String, name: String, id: Int32, kind: Kind) {
        self.uuid = uuid
        self.name = name
        self.id = id
        self.kind = kind
    }
}

extension GuestEvent.Kind {
    /// The common prefix of our metadata namespaces.
    private static let namespacePrefix = "urn:virt-watchdog:"

    /// Reads a `VIR_DOMAIN_EVENT_ID_LIFECYCLE` event. Returns `nil` for a change of a later
    /// libvirt.
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

    /// Reads a metadata change. Returns `nil` for other programs' namespaces, titles and
    /// descriptions.
    init?(metadata type: CInt, namespace: String?) {
        guard UInt32(bitPattern: type) == VIR_DOMAIN_METADATA_ELEMENT.rawValue,
            let namespace, namespace.hasPrefix(Self.namespacePrefix)
        else { return nil }
        self = .metadataChanged(namespace: namespace)
    }

    /// Reads the removal of a device. Returns `nil` without an alias.
    init?(removed alias: String?) {
        guard let alias else { return nil }
        self = .deviceRemoved(alias: alias)
    }

    /// Reads the addition of a device. Returns `nil` without an alias.
    init?(added alias: String?) {
        guard let alias else { return nil }
        self = .deviceAdded(alias: alias)
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
/// It ends with this object or with the connection. Ending it waits for the daemon's answer, unless
/// the connection is lost.
package final class GuestEvents: @unchecked Sendable {
    private typealias Handler = @Sendable (GuestEvent) -> Void

    private let connection: Connection
    /// Complete when the initializer returns.
    private var callbacks: [CInt] = []

    /// Subscribes on a connection that was opened after ``EventLoop/startThread()``.
    ///
    /// The C function is `virConnectDomainEventRegisterAny`.
    ///
    /// - Parameter handler: Takes each event on the event loop's thread. It must neither use
    ///   libvirt nor wait, because later events and answers wait for it.
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
            VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, handler,
            unsafeBitCast(addedCallback, to: Callback.self))
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

private let addedCallback:
    @convention(c) (
        virConnectPtr?, virDomainPtr?, UnsafePointer<CChar>?, UnsafeMutableRawPointer?
    ) -> Void = { _, guest, alias, context in
        Context.report(.init(added: alias.map { String(cString: $0) }), of: guest, to: context)
    }

private let watchdogCallback:
    @convention(c) (virConnectPtr?, virDomainPtr?, CInt, UnsafeMutableRawPointer?) -> Void = {
        _, guest, action, context in
        let fire = GuestEvent.Kind.watchdogFired(
            action: name(ofWatchdogAction: action), time: Clock.localTime)
        Context.report(fire, of: guest, to: context)
    }
