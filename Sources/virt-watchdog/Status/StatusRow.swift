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

    /// Whether a signal has stopped the guest's QEMU.
    var isSilent: Bool { (try? answer.get().status.silence) != nil }

    /// Whether the guest was read.
    var isRead: Bool { (try? answer.get()) != nil }

    /// The reason for the verdict.
    var reason: String {
        switch answer {
        case .success(let found):
            if let silence = found.status.silence, !found.verdict.reason.contains(silence) {
                "\(found.verdict.reason); \(silence)"
            } else {
                found.verdict.reason
            }
        case .failure(let problem): problem.message
        }
    }

    /// The columns of the table.
    var cells: [Table.Cell] {
        let found = try? answer.get()
        let status = found?.status
        let watchdogs = status?.watchdogs.map(\.text) ?? []
        let texts = [
            name, status?.situation.description ?? "-", status?.facts.machine ?? "-",
            watchdogs.isEmpty ? "-" : watchdogs.joined(separator: ", "), status?.timer?.name ?? "-",
            found?.nextBoot.text ?? "-",
        ]
        return texts.map { Table.Cell(escaped($0, quote: "\"")) } + [
            Table.Cell(verdict.rawValue, style), Table.Cell(printable(reason)),
        ]
    }

    /// Returns a stream of the guests' rows.
    static func stream(_ names: [String], json: Bool) -> RowStream<StatusRow> {
        RowStream(
            Table("GUEST", "STATE", "MACHINE", "WATCHDOG", "ARMED", "NEXT BOOT", "VERDICT", "WHY"),
            count: names.count,
            reserving: [
                names.map { escaped($0, quote: "\"") }, [GuestState.inShutdown.rawValue], [], [],
                ["unknown"], [], Verdict.Kind.allCases.map(\.rawValue),
            ],
            width: Terminal.width, json: json, sorted: inOrder, cells: \.cells)
    }

    private var style: Style {
        switch verdict {
        case .crashed, .fired, .unknown, .unprotected, .halted: .bad
        case .conflict, .notArmed, .pendingColdBoot: .doubtful
        case .protected, .protectedAtStart: .good
        case .paused, .excluded: .faint
        }
    }

    /// Returns the rows with problems first, then by name.
    static func inOrder(_ rows: [StatusRow]) -> [StatusRow] {
        rows.sorted { ($0.rank, $0.name) < ($1.rank, $1.name) }
    }

    private var rank: Int { Verdict.Kind.allCases.firstIndex(of: verdict) ?? 0 }
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

    /// The taints that reading the timers has left, as sentences.
    private var taint: String {
        func guests(_ count: Int) -> String { "\(count) guest\(count == 1 ? "" : "s")" }
        let monitor =
            monitored == 0
            ? ""
            : " QEMU's monitor was used for \(guests(monitored)), which libvirt now shows as tainted;"
                + " use --no-monitor to avoid this."
        let agent =
            asked == 0
            ? ""
            : " The guest agent was used for \(guests(asked)), which libvirt now shows as tainted."
        return monitor + agent
    }

    /// The summary as a line.
    var line: String {
        let total = counts.reduce(0) { $0 + $1.count }
        let parts = counts.filter { $0.count > 0 }.map { "\($0.count) \($0.verdict.rawValue)" }
        return "\(total) guest\(total == 1 ? "" : "s"): \(parts.joined(separator: ", ")).\(taint)"
    }
}

extension StatusAnswer.Watchdog {
    /// The text for a person.
    fileprivate var text: String {
        let former = action == definedAction ? "" : ", was \(definedAction)"
        return "\(model) \(action) (\(origin)\(former))"
    }
}

extension NextBoot {
    /// The text for a person.
    fileprivate var text: String {
        guard let model, let action else { return source }
        return "\(model) \(action) (\(source))"
    }
}
