// SPDX-License-Identifier: Apache-2.0

/// The state of a watchdog's timer.
package enum TimerState: Sendable, Hashable {
    /// The timer runs, and fires once the guest stops feeding it.
    case armed
    /// The timer does not run, so a hang goes unnoticed.
    case notArmed
    /// The state is unknown, for the reason in this clause.
    case unknown(String)

    /// The state in a word, as the table and `--json` print it.
    package var name: String {
        switch self {
        case .armed: "yes"
        case .notArmed: "no"
        case .unknown: "unknown"
        }
    }

    /// The reason why the state is unknown.
    package var doubt: String? {
        if case .unknown(let reason) = self { reason } else { nil }
    }
}
