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

extension GuestFacts {
    /// The state of a guest's timers that matters: that of one that runs, else that of the first
    /// watchdog that somebody chose, else that of the implicit one.
    ///
    /// - Parameter timers: The states of the watchdogs' timers, in the order of the definition.
    /// - Returns: Nothing for a guest without a watchdog, or one that was not asked.
    package func timer(among timers: [TimerState]) -> TimerState? {
        if timers.contains(.armed) { return .armed }
        let chosen = zip(watchdogs, timers).first { origin(of: $0.0) != .implicit }
        return chosen?.1 ?? timers.first
    }
}
