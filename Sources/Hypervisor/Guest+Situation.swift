internal import CLibvirt
package import WatchdogPolicy

extension Guest {
    /// Asks for the state of the guest and the reason for it; the C function is `virDomainGetState`.
    package func situation() throws(LibvirtError) -> Situation {
        let (state, reason) = try stateAndReason()
        return Situation(state: state, reason: reason)
    }

    /// Asks how the daemon gets along with the guest's QEMU; the answer comes at once, whatever QEMU does.
    ///
    /// The C function is `virDomainGetControlInfo`.
    package func controlInfo() throws(LibvirtError) -> ControlInfo {
        var information = virDomainControlInfo()
        try check(virDomainGetControlInfo(pointer, &information, 0))
        return ControlInfo(
            state: ControlInfo.State(information.state),
            stateTime: .milliseconds(information.stateTime))
    }
}

extension Situation {
    /// Reads the numbers of `virDomainGetState`.
    init(state: CInt, reason: CInt) {
        let state = GuestState(state)
        let number = UInt32(bitPattern: reason)
        let reason: Reason =
            switch state {
            case .running: Self.reason(running: virDomainRunningReason(rawValue: number))
            case .paused: Self.reason(paused: virDomainPausedReason(rawValue: number))
            case .shutOff: Self.reason(shutOff: virDomainShutoffReason(rawValue: number))
            case .crashed where number == VIR_DOMAIN_CRASHED_PANICKED.rawValue: .panicked
            case .inShutdown where number == VIR_DOMAIN_SHUTDOWN_USER.rawValue: .user
            default: .other
            }
        self.init(state: state, reason: reason)
    }

    private static func reason(running reason: virDomainRunningReason) -> Reason {
        switch reason {
        case VIR_DOMAIN_RUNNING_BOOTED: .booted
        case VIR_DOMAIN_RUNNING_MIGRATED: .migrated
        case VIR_DOMAIN_RUNNING_RESTORED: .restored
        case VIR_DOMAIN_RUNNING_FROM_SNAPSHOT: .fromSnapshot
        case VIR_DOMAIN_RUNNING_UNPAUSED: .unpaused
        case VIR_DOMAIN_RUNNING_MIGRATION_CANCELED: .migrationCanceled
        case VIR_DOMAIN_RUNNING_SAVE_CANCELED: .saveCanceled
        case VIR_DOMAIN_RUNNING_WAKEUP: .wakeup
        case VIR_DOMAIN_RUNNING_CRASHED: .crashed
        case VIR_DOMAIN_RUNNING_POSTCOPY: .postCopy
        case virDomainRunningReason(rawValue: postCopyFailedWhileRunning): .postCopyFailed
        default: .other
        }
    }

    private static func reason(paused reason: virDomainPausedReason) -> Reason {
        switch reason {
        case VIR_DOMAIN_PAUSED_USER: .user
        case VIR_DOMAIN_PAUSED_MIGRATION: .pausedByMigration
        case VIR_DOMAIN_PAUSED_SAVE: .saving
        case VIR_DOMAIN_PAUSED_DUMP: .dumping
        case VIR_DOMAIN_PAUSED_IOERROR: .ioError
        case VIR_DOMAIN_PAUSED_WATCHDOG: .watchdog
        case VIR_DOMAIN_PAUSED_FROM_SNAPSHOT: .fromSnapshot
        case VIR_DOMAIN_PAUSED_SHUTTING_DOWN: .shuttingDown
        case VIR_DOMAIN_PAUSED_SNAPSHOT: .creatingSnapshot
        case VIR_DOMAIN_PAUSED_CRASHED: .crashed
        case VIR_DOMAIN_PAUSED_STARTING_UP: .startingUp
        case VIR_DOMAIN_PAUSED_POSTCOPY: .postCopy
        case VIR_DOMAIN_PAUSED_POSTCOPY_FAILED: .postCopyFailed
        case virDomainPausedReason(rawValue: apiErrorWhilePaused): .apiError
        default: .other
        }
    }

    private static func reason(shutOff reason: virDomainShutoffReason) -> Reason {
        switch reason {
        case VIR_DOMAIN_SHUTOFF_SHUTDOWN: .shutdown
        case VIR_DOMAIN_SHUTOFF_DESTROYED: .destroyed
        case VIR_DOMAIN_SHUTOFF_CRASHED: .crashed
        case VIR_DOMAIN_SHUTOFF_MIGRATED: .migrated
        case VIR_DOMAIN_SHUTOFF_SAVED: .saved
        case VIR_DOMAIN_SHUTOFF_FAILED: .failed
        case VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT: .fromSnapshot
        case VIR_DOMAIN_SHUTOFF_DAEMON: .daemon
        default: .other
        }
    }
}

/// `VIR_DOMAIN_RUNNING_POSTCOPY_FAILED` and `VIR_DOMAIN_PAUSED_API_ERROR`, which older headers lack.
private let postCopyFailedWhileRunning: UInt32 = 11
private let apiErrorWhilePaused: UInt32 = 14

/// How the daemon gets along with a guest's QEMU.
package struct ControlInfo: Sendable, Hashable {
    /// The kinds of libvirt's `virDomainControlState`.
    package enum State: Sendable, Hashable {
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
    package var state: State
    /// For how long it has been in this state; 0 for `ok` and `error`.
    package var stateTime: Duration

    /// Describes a state.
    package init(state: State, stateTime: Duration = .zero) {
        self.state = state
        self.stateTime = stateTime
    }
}
