// SPDX-License-Identifier: Apache-2.0

internal import CLibvirt

extension Guest {
    /// Returns the state of the daemon's channel to QEMU.
    ///
    /// The daemon answers at once, even while QEMU hangs. The C function is
    /// `virDomainGetControlInfo`.
    package func controlInfo() throws(LibvirtError) -> ControlInfo {
        var information = virDomainControlInfo()
        try check(virDomainGetControlInfo(pointer, &information, 0))
        return ControlInfo(
            state: ControlInfo.State(information.state),
            stateTime: .milliseconds(information.stateTime))
    }
}

/// The state of the daemon's channel to a guest's QEMU.
package struct ControlInfo: Sendable, Hashable {
    /// The values of libvirt's `virDomainControlState`.
    package enum State: Sendable, Hashable {
        /// The daemon can talk to QEMU.
        case ok
        /// A job that libvirt can cancel or ask about is running.
        case job
        /// A call waits for QEMU's answer.
        case occupied
        /// The daemon cannot talk to QEMU, or a later libvirt reports an unknown state.
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

    package var state: State
    /// The time in this state. It is 0 for `ok` and `error`.
    package var stateTime: Duration

    package init(state: State, stateTime: Duration = .zero) {
        self.state = state
        self.stateTime = stateTime
    }
}
