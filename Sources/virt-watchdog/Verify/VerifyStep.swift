// SPDX-License-Identifier: Apache-2.0

/// A step between a guest's start and its reset.
enum VerifyStep: String, CaseIterable, Encodable {
    /// libvirt starts the guest.
    case started
    /// The hook runs, and the guest has a watchdog.
    case attached
    /// The guest finds the watchdog, starts its timer and hangs.
    case armed
    /// The hypervisor notices the hang.
    case fired
    /// The action takes effect. After a reset, the guest boots again.
    case effect

    /// The step's time limit in seconds. An emulated processor on a busy host is slow.
    var limit: Int {
        switch self {
        case .started: 60
        case .attached: 15
        case .armed, .fired, .effect: 45
        }
    }
}

/// The result of a step.
struct VerifyStepResult: Encodable {
    var step: VerifyStep
    /// Whether the step succeeded.
    var isDone: Bool
    /// The seconds since the start.
    var seconds: Double
    /// The observation or the fault.
    var message: String
    /// What to do about it, where something went wrong.
    @Nullable var remedy: String?

    private enum CodingKeys: String, CodingKey {
        case step, seconds, message, remedy
        case isDone = "ok"
    }
}

/// The reason why a step failed.
struct VerifyFailure: Error {
    var message: String
    var remedy: String
}
