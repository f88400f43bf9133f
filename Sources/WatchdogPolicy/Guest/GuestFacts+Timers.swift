// SPDX-License-Identifier: Apache-2.0

extension GuestFacts {
    /// Returns the decisive state of a guest's timers: an armed one, else the first chosen
    /// watchdog's, else the implicit one's.
    ///
    /// - Parameter timers: The states of the watchdogs' timers, in the order of the domain XML.
    /// - Returns: `nil` without any state.
    package func timer(among timers: [TimerState]) -> TimerState? {
        if timers.contains(.armed) { return .armed }
        let chosen = zip(watchdogs, timers).first { origin(of: $0.0) != .implicit }
        return chosen?.1 ?? timers.first
    }
}
