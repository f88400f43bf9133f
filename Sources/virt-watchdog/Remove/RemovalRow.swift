import Libvirt
import Protector
import TimerProbe
import WatchdogPolicy

/// What `remove` says of a guest.
struct RemovalRow: Encodable {
    var name: String
    var uuid: String?
    /// What came of it in the running guest; nothing where that was not asked for or it does not run.
    var live: String?
    /// What came of it in the persistent definition; nothing where that was not asked for or there
    /// is none.
    var config: String?
    var reason: String
    private(set) var isClean = true

    private enum CodingKeys: String, CodingKey {
        case name, uuid, live, config, reason
    }

    /// The row of a guest that was done, or of the problem.
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

    /// Says what the results mean, in a sentence.
    private static func reason(live: Removal?, config: Removal?) -> String {
        let results = [live, config].compactMap { $0 }
        if live == .notAnswered {
            return
                "the guest has not released its watchdog within 10 s: the service asks again;"
                + " otherwise the guest loses the device at its next reset"
        }
        if results.contains(.wouldRemove) { return "our device is there; nothing was done" }
        switch live {
        case .removed:
            return "removed; the guest gets no other one in this run unless you run virt-watchdog"
                + " apply with its name; at its next start it gets one again, unless the"
                + " policy excludes it"
        case .absent where config != .removed:
            return "there is nothing of ours, and the guest gets nothing in this run"
        default: break
        }
        if results.contains(.removed) {
            return
                "removed; the guest gets one again at its next start, unless the policy"
                + " excludes it"
        }
        return "there is nothing of ours"
    }

    /// A stream of the rows of these guests.
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

    /// Prints the rows that are not printed yet, or all as JSON.
    static func printRest(of stream: RowStream<RemovalRow>, json: Bool) throws {
        if json {
            try StandardOutput.print(json: ["guests": stream.rows])
        } else if stream.rows.isEmpty {
            try StandardOutput.print("There is no guest.")
        } else {
            try stream.printAll()
        }
    }
}
