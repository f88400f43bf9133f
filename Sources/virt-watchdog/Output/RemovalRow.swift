import Hypervisor
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

    /// Takes our devices out of a guest, and tells what came of it.
    ///
    /// - Parameters:
    ///   - takesLive: Whether the running guest is to lose its device.
    ///   - takesConfig: Whether the persistent definition is to lose its device.
    init(
        _ found: Result<Guest, GuestProblem>, _ remover: Remover, live takesLive: Bool,
        config takesConfig: Bool
    ) {
        reason = ""
        switch found {
        case .failure(let problem):
            name = problem.guest
            reason = problem.message
            isClean = false
        case .success(let guest):
            name = guest.name
            uuid = guest.uuid
            do {
                var results: [Remover.Result] = []
                // The definition first, which needs nobody's consent.
                if takesConfig, try guest.isPersistent() {
                    let result = try remover.removePersistent(from: guest)
                    config = result.rawValue
                    results.append(result)
                }
                if takesLive, try guest.isRunning() {
                    let result = try remover.removeLive(from: guest)
                    live = result.rawValue
                    results.append(result)
                }
                reason = Self.reason(results)
                isClean = !results.contains(.notAnswered)
            } catch {
                reason = "\(error)"
                isClean = false
            }
        }
    }

    /// The row of a guest about which libvirt does not answer.
    init(unanswered found: Result<Guest, GuestProblem>) {
        switch found {
        case .success(let guest): name = guest.name
        case .failure(let problem): name = problem.guest
        }
        reason = "libvirt does not answer: it is busy with this guest or others; try again later"
        isClean = false
    }

    /// Says what the results mean, in a sentence.
    private static func reason(_ results: [Remover.Result]) -> String {
        if results.contains(.notAnswered) {
            return
                "the guest was asked to let go of its watchdog and has not answered: it may still"
                + " do so, and else keeps the device until it is shut off; at its next start it gets"
                + " one only if the policy or its definition gives it one"
        }
        if results.contains(.wouldRemove) { return "our device is there; nothing was done" }
        if results.contains(.removed) {
            return "taken back; the hook gives the guest one again at its next start, or when"
                + " libvirt's daemon restarts, unless the policy excludes it"
        }
        return "there is nothing of ours"
    }

    /// Prints rows as a table or as JSON.
    static func print(_ rows: [RemovalRow], json: Bool) throws {
        if json {
            try StandardOutput.print(json: ["guests": rows])
            return
        }
        var table = Table("GUEST", "LIVE", "CONFIG", "WHY")
        for row in rows {
            table.add(
                escaped(row.name, quote: "\""), row.live ?? "-", row.config ?? "-",
                printable(row.reason))
        }
        try StandardOutput.print(rows.isEmpty ? "There is no guest." : table.text)
    }
}
