// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import WatchdogPolicy

/// The row of a guest in the output of `remove`.
struct RemovalRow: Encodable {
    var name: String
    @Nullable var uuid: String?
    /// The result in the running guest, or `nil` if it is shut off or was left out.
    @Nullable var live: String?
    /// The result in the persistent domain XML, or `nil` without one or if it was left out.
    @Nullable var config: String?
    var why: Why
    private(set) var isClean = true
    private(set) var isMissing = false

    private enum CodingKeys: String, CodingKey {
        case name, uuid, live, config, why, reason
    }

    /// Encodes the row with its whole reason.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(uuid, forKey: .uuid)
        try container.encode(live, forKey: .live)
        try container.encode(config, forKey: .config)
        try container.encode(why.phrase, forKey: .why)
        try container.encode(why.reason(for: name), forKey: .reason)
    }

    /// Creates the row of a guest that is done, or of its problem.
    init(
        of name: String, uuid: String?, dryRun: Bool, _ result: Result<Outcome, GuestProblem>
    ) {
        self.name = name
        self.uuid = uuid
        switch result {
        case .failure(let problem):
            why = Why(phrase: problem.phrase, explanation: problem.message)
            isClean = false
            isMissing = problem.isMissing
        case .success(let outcome):
            live = outcome.liveRemoval?.rawValue
            config = outcome.persistentRemoval?.rawValue
            if let error = outcome.error {
                why = Why(
                    phrase: error.phrase,
                    explanation: error.description(retryingWith: "virt-watchdog remove GUEST"))
                isClean = false
            } else {
                why = Self.why(
                    live: outcome.liveRemoval, config: outcome.persistentRemoval, dryRun: dryRun)
                isClean = outcome.liveRemoval != .notAnswered
            }
        }
    }

    /// Returns the meaning of the results.
    private static func why(live: Removal?, config: Removal?, dryRun: Bool) -> Why {
        let results = [live, config].compactMap { $0 }
        if live == .notAnswered {
            return Why(
                phrase: "guest keeps the device",
                explanation:
                    "the guest has not released its watchdog in 10 s; the service asks again,"
                    + " if it runs, and the guest's next reset removes the device")
        }
        if results.contains(.wouldRemove) {
            return Why(
                phrase: "would be removed",
                explanation:
                    "a watchdog or an action of virt-watchdog's is there, which remove would undo")
        }
        if dryRun {
            return Why(
                phrase: "nothing to remove",
                explanation: live == nil
                    ? "nothing of virt-watchdog's was found"
                    : "nothing of virt-watchdog's was found; remove would keep it away for this run"
            )
        }
        switch live {
        case .removed:
            return Why(
                phrase: "removed for this run",
                explanation:
                    "removed for this run; the guest gets a watchdog at its next start unless"
                    + " the policy excludes it; undo: virt-watchdog apply GUEST")
        case .absent where config != .removed:
            return Why(
                phrase: "nothing to remove",
                explanation:
                    "nothing of virt-watchdog's was found; the guest gets no watchdog in this run;"
                    + " undo: virt-watchdog apply GUEST")
        default: break
        }
        if results.contains(.removed) {
            return Why(
                phrase: "removed",
                explanation:
                    "removed; the guest gets a watchdog at its next start unless the policy"
                    + " excludes it")
        }
        return Why(
            phrase: "nothing to remove", explanation: "nothing of virt-watchdog's was found",
            isPlain: true)
    }
}

extension RemovalRow: TableRow {
    /// Whether the guest was not cleaned.
    var isError: Bool { !isClean }

    /// The result in a word.
    var word: String {
        let results = [live, config].compactMap { $0 }.compactMap(Removal.init)
        if !isClean { return results.contains(.notAnswered) ? "not-answered" : "failed" }
        return (results.first { $0 != .absent } ?? .absent).rawValue
    }

    /// The order: problems, then removals.
    var rank: Int { !isClean ? 0 : word == Removal.absent.rawValue ? 2 : 1 }
}

extension RowStream<RemovalRow> {
    /// Makes the stream of `remove`.
    ///
    /// - Parameters:
    ///   - live: Whether running guests are cleaned.
    ///   - config: Whether persistent domain XML is cleaned.
    static func removal(
        _ names: [String], form: OutputForm, live: Bool, config: Bool
    ) -> RowStream {
        let places = (live ? ["LIVE"] : []) + (config ? ["CONFIG"] : [])
        return RowStream(
            [Table.Column("GUEST", .shorten)] + places.map { Table.Column($0) }
                + [Table.Column("WHY", .cut)],
            of: names, reserving: places.map { _ in [Removal.notAnswered.rawValue] }, form: form
        ) { row in
            (live ? [row.live] : []).map { Table.Cell($0 ?? "-") }
                + (config ? [row.config] : []).map { Table.Cell($0 ?? "-") }
        }
    }
}
