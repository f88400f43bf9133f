// SPDX-License-Identifier: Apache-2.0

import Libvirt
import System
import TimerProbe
import WatchdogPolicy

/// The row of a guest in the output of `status`.
struct StatusRow {
    var name: String
    /// The status with its verdicts, or the problem.
    var answer: Result<(status: GuestStatus, verdict: Verdict, nextBoot: NextBoot), GuestProblem>

    /// Creates the row of a guest that was read.
    private init(_ status: GuestStatus, _ basis: VerdictBasis) {
        name = status.name
        answer = .success((status, basis.verdict(of: status), basis.nextBoot(of: status)))
    }

    /// Creates the row of a guest that was not read.
    private init(_ problem: GuestProblem) {
        name = problem.guest
        answer = .failure(problem)
    }

    /// Creates the row of a guest that was read or not.
    init(_ answer: Result<GuestStatus, GuestProblem>, _ basis: VerdictBasis) {
        switch answer {
        case .success(let status): self.init(status, basis)
        case .failure(let problem): self.init(problem)
        }
    }

    /// The verdict, or unknown for a guest that was not read.
    var verdict: Verdict.Kind { (try? answer.get().verdict.kind) ?? .unknown }

    /// Whether a cause other than the guest's timer makes the verdict unknown: a signal has stopped its
    /// QEMU, or this user may not read what the verdict depends on.
    var hasOtherDoubt: Bool {
        guard let found = try? answer.get() else { return false }
        return found.status.silence != nil || found.verdict.lacksRights
    }

    /// Whether the guest was read.
    var isRead: Bool { (try? answer.get()) != nil }

    /// Whether libvirt has no such guest.
    var isMissing: Bool {
        if case .failure(let problem) = answer { problem.isMissing } else { false }
    }

    /// The reason for the verdict, with the guest's name in its commands.
    var reason: String { why.reason(for: name) }

    /// The cells of the table between the name and the reason.
    var cells: [Table.Cell] {
        let found = try? answer.get()
        let status = found?.status
        let watchdogs = status?.watchdogs ?? []
        func list(_ texts: [String]) -> String {
            texts.isEmpty ? "-" : texts.joined(separator: ", ")
        }
        let texts = [
            status?.situation.description ?? "-", status?.facts.machine ?? "-",
            list(watchdogs.map(\.text)), list(watchdogs.map(\.origin)), status?.timer?.name ?? "-",
            found?.nextBoot.text ?? "-",
        ]
        return texts.map { Table.Cell(escaped($0, quote: "\"")) }
            + [Table.Cell(verdict.rawValue, style)]
    }

    /// Returns a stream of the guests' rows.
    ///
    /// - Parameter isHeld: Whether all rows print at the end.
    static func stream(
        _ names: [String], form: OutputForm, isHeld: Bool
    ) -> RowStream<StatusRow> {
        // The action and the verdict are never cut.
        RowStream(
            [
                Table.Column("GUEST", .shorten), Table.Column("STATE", .drop(4)),
                Table.Column("MACHINE", .drop(1)), Table.Column("WATCHDOG"),
                Table.Column("ORIGIN", .drop(2)), Table.Column("ARMED"),
                Table.Column("NEXT BOOT", .drop(3)), Table.Column("VERDICT"),
                Table.Column("WHY", .cut),
            ],
            of: names,
            reserving: [
                [GuestState.inShutdown.rawValue], [], ["i6300esb reset"], ["owned"], ["unknown"],
                [],
                [Verdict.Kind.protectedAtStart.rawValue],
            ],
            form: form,
            patience: isHeld ? .endless : RowStream.Patience(), cells: \.cells)
    }

    private var style: Style {
        switch verdict {
        case .crashed, .fired, .unknown, .unprotected, .halted: .bad
        case .conflict, .excludedStillActs, .notArmed, .pendingColdBoot: .doubtful
        case .protected, .protectedAtStart: .good
        case .paused, .excluded: .faint
        }
    }

    /// The place of the verdict, problems first.
    var rank: Int { Verdict.Kind.allCases.firstIndex(of: verdict) ?? 0 }
}

extension StatusRow: TableRow {
    /// Whether the guest was not read, or its metadata has an error.
    var isError: Bool {
        switch answer {
        case .success(let found): found.verdict.isOfFaultyMetadata
        case .failure: true
        }
    }

    /// The reason for the verdict.
    var why: Why {
        switch answer {
        case .failure(let problem):
            return Why(phrase: problem.phrase, explanation: problem.message)
        case .success(let found):
            let verdict = found.verdict
            var why = Why(
                phrase: verdict.phrase, explanation: verdict.explanation,
                warnings: verdict.warnings,
                isPlain: verdict.kind == .protected || verdict.isOfFaultyPolicy)
            if let silence = found.status.silence, !verdict.explanation.contains(silence) {
                why.explanation += "; \(silence)"
                why.isPlain = false
            }
            return why
        }
    }
}

/// The number of guests by verdict.
struct StatusSummary {
    /// The number of guests for each verdict, problems first.
    var counts: [(verdict: Verdict.Kind, count: Int)]
    /// The number of guests that libvirt shows as tainted by QEMU's monitor.
    var monitored: Int
    /// The number of guests that libvirt shows as tainted by the guest agent.
    var asked: Int

    init(_ rows: [StatusRow]) {
        counts = Verdict.Kind.allCases.map { kind in (kind, rows.count { $0.verdict == kind }) }
        let readings = rows.compactMap { try? $0.answer.get().status.timers }
        monitored = readings.count(where: \.usedMonitor)
        asked = readings.count(where: \.usedAgent)
    }

    /// The lines below the table: the counts, and the taints that reading the timers has left.
    var lines: [String] {
        let total = counts.reduce(0) { $0 + $1.count }
        let parts = counts.filter { $0.count > 0 }.map { "\($0.count) \($0.verdict.rawValue)" }
        // A verdict may have a comma.
        let separator = parts.contains { $0.contains(",") } ? "; " : ", "
        var lines = ["\(Self.guests(total)): \(parts.joined(separator: separator))."]
        if monitored > 0 {
            lines.append(
                "QEMU's monitor was used for \(Self.guests(monitored)), which libvirt now shows as"
                    + " tainted; use --no-monitor to avoid this.")
        }
        if asked > 0 {
            lines.append(
                "The guest agent was used for \(Self.guests(asked)), which libvirt now shows as tainted."
            )
        }
        return lines
    }

    private static func guests(_ count: Int) -> String { "\(count) guest\(count == 1 ? "" : "s")" }
}

extension StatusAnswer.Watchdog {
    /// The text for a person.
    fileprivate var text: String {
        let former = action == definedAction ? "" : " (was \(definedAction))"
        return "\(model) \(action)\(former)"
    }
}

extension NextBoot {
    /// The text for a person.
    fileprivate var text: String {
        guard let model, let action else { return source }
        return "\(model) \(action) (\(source))"
    }
}
