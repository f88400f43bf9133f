internal import CLibvirt

extension Guest {
    /// Asks for the state of the guest and the reason for it; the C function is `virDomainGetState`.
    public func situation() throws(LibvirtError) -> Situation {
        let (state, reason) = try stateAndReason()
        return Situation(state: state, reason: reason)
    }

    /// Asks how the daemon gets along with the guest's QEMU; the answer comes at once, whatever QEMU does.
    ///
    /// The C function is `virDomainGetControlInfo`.
    public func controlInfo() throws(LibvirtError) -> ControlInfo {
        var information = virDomainControlInfo()
        try check(virDomainGetControlInfo(pointer, &information, 0))
        return ControlInfo(
            state: ControlInfo.State(information.state),
            stateTime: .milliseconds(information.stateTime))
    }
}

/// The state of a guest and the reason for it.
public struct Situation: Sendable, Hashable {
    /// Why a guest runs, or why its processors are stopped.
    public enum Reason: Sendable, Hashable {
        /// It was started.
        case booted
        /// It came from another host.
        case migrated
        /// It was restored from a file.
        case restored
        /// It was reverted to a snapshot.
        case fromSnapshot
        /// It was paused before.
        case unpaused
        /// Its memory is still coming from another host, or is still on its way there.
        case postCopy
        /// It is paused for a migration.
        case pausedByMigration
        /// Its watchdog paused it.
        case watchdog
        /// A disk error paused it.
        case ioError
        /// It crashed.
        case crashed
        /// Another reason, or one of a later libvirt.
        case other
    }

    /// The state.
    public var state: GuestState
    /// The reason; `other` unless the guest is running or paused.
    public var reason: Reason

    /// Whether the run continues that of another host, or of a file.
    ///
    /// libvirt tells until the guest is paused and resumed.
    public var isOfArrival: Bool { reason == .migrated || reason == .restored }

    /// Describes a situation.
    public init(state: GuestState, reason: Reason) {
        self.state = state
        self.reason = reason
    }

    /// Reads the numbers of `virDomainGetState`.
    init(state: CInt, reason: CInt) {
        self.state = GuestState(state)
        let number = UInt32(bitPattern: reason)
        self.reason =
            switch self.state {
            case .running: Self.reason(running: virDomainRunningReason(rawValue: number))
            case .paused: Self.reason(paused: virDomainPausedReason(rawValue: number))
            default: .other
            }
    }

    private static func reason(running reason: virDomainRunningReason) -> Reason {
        switch reason {
        case VIR_DOMAIN_RUNNING_BOOTED: .booted
        case VIR_DOMAIN_RUNNING_MIGRATED: .migrated
        case VIR_DOMAIN_RUNNING_RESTORED: .restored
        case VIR_DOMAIN_RUNNING_FROM_SNAPSHOT: .fromSnapshot
        case VIR_DOMAIN_RUNNING_UNPAUSED: .unpaused
        case VIR_DOMAIN_RUNNING_CRASHED: .crashed
        case VIR_DOMAIN_RUNNING_POSTCOPY: .postCopy
        default: .other
        }
    }

    private static func reason(paused reason: virDomainPausedReason) -> Reason {
        switch reason {
        case VIR_DOMAIN_PAUSED_MIGRATION: .pausedByMigration
        case VIR_DOMAIN_PAUSED_IOERROR: .ioError
        case VIR_DOMAIN_PAUSED_WATCHDOG: .watchdog
        case VIR_DOMAIN_PAUSED_FROM_SNAPSHOT: .fromSnapshot
        case VIR_DOMAIN_PAUSED_CRASHED: .crashed
        case VIR_DOMAIN_PAUSED_POSTCOPY: .postCopy
        default: .other
        }
    }
}

/// How the daemon gets along with a guest's QEMU.
public struct ControlInfo: Sendable, Hashable {
    /// The kinds of libvirt's `virDomainControlState`.
    public enum State: Sendable, Hashable {
        /// The daemon can talk to QEMU.
        case ok
        /// A job that libvirt can cancel or ask about is running.
        case job
        /// A call waits for QEMU's answer.
        case occupied
        /// The daemon cannot talk to QEMU, or libvirt is a later one with another state.
        case error

        init(_ state: UInt32) {
            switch virDomainControlState(rawValue: state) {
            case VIR_DOMAIN_CONTROL_OK: self = .ok
            case VIR_DOMAIN_CONTROL_JOB: self = .job
            case VIR_DOMAIN_CONTROL_OCCUPIED: self = .occupied
            default: self = .error
            }
        }
    }

    /// The state.
    public var state: State
    /// For how long it has been in this state; 0 for `ok` and `error`.
    public var stateTime: Duration

    /// Describes a state.
    public init(state: State, stateTime: Duration = .zero) {
        self.state = state
        self.stateTime = stateTime
    }
}
