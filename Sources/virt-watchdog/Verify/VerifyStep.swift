/// A step on the way from a guest's start to its reset.
enum VerifyStep: String, CaseIterable, Encodable {
    /// libvirt starts the guest.
    case started
    /// The hook runs, and the guest has a watchdog.
    case attached
    /// The guest finds the watchdog and starts its timer; then it hangs.
    case armed
    /// The hypervisor notices.
    case fired
    /// The action takes effect: after a reset, the guest boots again.
    case effect

    /// For how many seconds to wait for it; an emulated processor on a busy host is slow.
    var limit: Int {
        switch self {
        case .started: 60
        case .attached: 15
        case .armed, .fired, .effect: 45
        }
    }
}

/// How a step went.
struct VerifyStepResult: Encodable {
    var step: VerifyStep
    /// Whether it was seen.
    var isDone: Bool
    /// The time since the beginning, in seconds, in whole milliseconds.
    var seconds: Double
    /// What was seen, or what went wrong.
    var message: String
    /// What to do about it, where something went wrong.
    @Nullable var remedy: String?

    private enum CodingKeys: String, CodingKey {
        case step, seconds, message, remedy
        case isDone = "ok"
    }
}

/// Why a step was not seen.
struct VerifyFailure: Error {
    var message: String
    var remedy: String
}
