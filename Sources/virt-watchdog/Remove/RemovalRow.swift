// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import WatchdogPolicy

/// The row of a guest in the output of `remove`.
struct RemovalRow: Encodable {
    var name: String
    var uuid: String?
    /// The result in the running guest, or `nil` if it is shut off or was left out.
    var live: String?
    /// The result in the persistent domain XML, or `nil` without one or if it was left out.
    var config: String?
    var reason: String
    private(set) var isClean = true

    private enum CodingKeys: String, CodingKey {
        case name, uuid, live, config, reason
    }

    /// Creates the row of a guest that is done, or of its problem.
    init(of name: String, uuid: String?, _ result: Result<Outcome, GuestProblem>) {
        self.name = name
        self.uuid = uuid
        switch result {
        case .failure(let problem):
            reason = problem.message
            isClean = false
        case .success(let outcome):
            live = outcome.liveRemoval?.rawValue
            config = outcome.persistentRemoval?.rawValue
            if let error = outcome.error {
                reason = error.description(retryingWith: "virt-watchdog remove")
                isClean = false
            } else {
                reason = Self.reason(live: outcome.liveRemoval, config: outcome.persistentRemoval)
                isClean = outcome.liveRemoval != .notAnswered
            }
        }
    }

    /// Returns the meaning of the results as a sentence.
    private static func reason(live: Removal?, config: Removal?) -> String {
        let results = [live, config].compactMap { $0 }
        if live == .notAnswered {
            return
                "the guest has not released its watchdog in 10 s; the service asks again, and the"
                + " guest's next reset removes the device"
        }
        if results.contains(.wouldRemove) { return "our watchdog is there; nothing was changed" }
        switch live {
        case .removed:
            return "removed for this run; the guest gets a watchdog at its next start unless the"
                + " policy excludes it; undo: virt-watchdog apply with the guest's name"
        case .absent where config != .removed:
            return "nothing of ours was found; the guest gets no watchdog in this run"
        default: break
        }
        if results.contains(.removed) {
            return
                "removed; the guest gets a watchdog at its next start unless the policy excludes it"
        }
        return "nothing of ours was found"
    }

    /// Returns a stream of the guests' rows.
    static func stream(_ names: [String], json: Bool) -> RowStream<RemovalRow> {
        let longest = [Removal.notAnswered.rawValue, Removal.wouldRemove.rawValue]
        return RowStream(
            Table("GUEST", "LIVE", "CONFIG", "WHY"), count: names.count,
            reserving: [names.map { escaped($0, quote: "\"") }] + longest.map { [$0] },
            json: json
        ) { row in
            [
                escaped(row.name, quote: "\""), row.live ?? "-", row.config ?? "-",
                printable(row.reason),
            ].map { Table.Cell($0) }
        }
    }

    /// Prints the remaining rows, or all rows as JSON.
    static func printRest(of stream: RowStream<RemovalRow>, json: Bool) throws {
        if json {
            try StandardOutput.print(json: ["guests": stream.rows])
        } else if stream.rows.isEmpty {
            try StandardOutput.print("There are no guests.")
        } else {
            try stream.printAll()
        }
    }
}
