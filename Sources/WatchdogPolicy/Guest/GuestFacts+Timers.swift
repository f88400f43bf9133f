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
