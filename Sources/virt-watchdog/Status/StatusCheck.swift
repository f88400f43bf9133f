// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WatchdogPolicy

/// The answer for a monitoring system, in the form of its plugins: a line with counts.
///
/// The form is that of the [Monitoring Plugins Development
/// Guidelines](https://www.monitoring-plugins.org/doc/guidelines.html).
struct StatusCheck {
    /// The state of a service, with its exit status.
    enum State: Int32 {
        case ok = 0
        case warning = 1
        case critical = 2
        case unknown = 3

        var name: String {
            switch self {
            case .ok: "OK"
            case .warning: "WARNING"
            case .critical: "CRITICAL"
            case .unknown: "UNKNOWN"
            }
        }
    }

    /// The number of guests to name.
    private static let namedGuests = 5

    let state: State
    /// The text without the counts.
    let text: String
    /// The number of guests, and of those with each verdict.
    let counts: [(key: String, count: Int)]

    /// Judges what `status` has read: the worst state counts.
    init(_ look: StatusLook, acceptUnknown: Bool) {
        let states = look.rows.map { row in
            (row: row, state: Self.state(of: row, in: look, acceptUnknown))
        }
        let order: [State] = [.critical, .warning, .unknown]
        let worst = order.first { state in states.contains { $0.state == state } } ?? .ok
        state = look.report.hasErrors ? .critical : worst
        let guests = order.flatMap { state in states.filter { $0.state == state }.map(\.row) }
        let named = guests.prefix(Self.namedGuests).map { "\($0.name) (\($0.verdict.rawValue))" }
        let rest = guests.count - named.count
        let fault = look.report.hasErrors ? ["the policy has errors"] : []
        let total = "\(guests.count) of \(look.rows.count) guests"
        let list = named.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
        let trouble = fault + (guests.isEmpty ? [] : ["\(total): \(list)"])
        text =
            trouble.isEmpty
            ? "0 of \(look.rows.count) guests need attention" : trouble.joined(separator: "; ")
        counts =
            [("guests", look.rows.count)]
            + StatusSummary(look.rows).counts.map { ($0.verdict.key, $0.count) }
    }

    private static func state(
        of row: StatusRow, in look: StatusLook, _ acceptUnknown: Bool
    ) -> State {
        if look.isUnknown(row, acceptUnknown) { return .unknown }
        return switch row.verdict {
        case .crashed, .fired, .unprotected, .halted: .critical
        case .conflict, .excludedStillActs, .notArmed, .pendingColdBoot: .warning
        case .unknown, .paused, .protected, .protectedAtStart, .excluded: .ok
        }
    }

    /// The line. A bar separates the counts, so the text has none.
    var line: String {
        let values = counts.map { "\($0.key)=\($0.count)" }.joined(separator: " ")
        let text = printable(text).replacing("|", with: "!")
        return "WATCHDOG \(state.name) - \(text) | \(values)"
    }

    /// Prints the line, and exits with the state's status.
    func finish() throws {
        try StandardOutput.print(line)
        if state != .ok { throw ExitCode(state.rawValue) }
    }

    /// Prints the line of a check that could not be made, and exits.
    static func failed(_ reason: String) throws {
        try StandardOutput.print("WATCHDOG \(State.unknown.name) - \(reason)")
        throw ExitCode(State.unknown.rawValue)
    }
}
