internal import CLibvirt

extension Guest {
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
