/// Whether a guest has started the timer of its watchdog.
package enum TimerState: Sendable, Hashable {
    /// The timer runs: once the guest stops feeding it, it fires.
    case armed
    /// The timer does not run: a hang goes unnoticed.
    case notArmed
    /// It cannot be known; the reason is a clause.
    case unknown(String)

    /// The state in a word, as the table and `--json` give it.
    package var name: String {
        switch self {
        case .armed: "yes"
        case .notArmed: "no"
        case .unknown: "unknown"
        }
    }

    /// Why it is not known, or nothing where it is.
    package var doubt: String? {
        if case .unknown(let reason) = self { reason } else { nil }
    }
}
