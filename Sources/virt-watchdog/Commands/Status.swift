import ArgumentParser
import HostSystem
import Hypervisor
import WatchdogPolicy

/// `virt-watchdog status`: which guests would be reset if they hung, and why not the others.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show which guests are protected, which not, and why.",
        usage: """
            virt-watchdog status [--connect <uri>] [--all] [--inactive] [<guest> ...]
                [--probe] [--properties <file>] [--json]
            """,
        discussion: """
            Without names, all guests that run. ARMED: whether the guest has started its timer, \
            read from outside; on pc with --probe alone, while the guest stands still for some \
            milliseconds. libvirt then shows the guest as tainted.

            Exit codes: 0 all protected or excluded; 1 some are not; 2 it cannot be told.
            """)

    @OptionGroup var daemon: ConnectionOptions

    @Flag(help: "All guests, those that are shut off as well.")
    var all = false

    @Flag(help: "The guests that are shut off.")
    var inactive = false

    @Flag(help: "Let guests stand still to read their timers.")
    var probe = false

    @OptionGroup var policy: PolicyOptions

    @Flag(help: "Print JSON.")
    var json = false

    @Argument(
        help: ArgumentHelp("Guests by name, UUID or number.", valueName: "guest"),
        completion: .guests)
    var guests: [String] = []

    /// For how many seconds nobody answers before the rest is given up.
    private static let patience = 5
    /// The same for a guest that stands still: longer than it takes to let it run on in bad times.
    private static let probePatience = 40

    func validate() throws {
        if [all, inactive, !guests.isEmpty].count(where: { $0 }) > 1 {
            throw ValidationError("Name guests, or say --all, or say --inactive.")
        }
    }

    func run() throws {
        let report = policy.report()
        let connection = try daemon.readingConnection()
        let found = try find(on: connection)
        let reader = TimerReader(mayStopGuest: false)
        var answers = Crew.ask(count: found.count, patience: Self.patience) { index in
            found[index].flatMap { guest in
                Self.read(guest) { try GuestStatus(of: guest, timers: reader) }
            }
        }
        askAgain(found, &answers, reader)
        let results = zip(found, answers).map { found, answer in
            probed(found, Self.result(of: found, answer))
        }
        let isHooked = connection.isElsewhere || Hooks(of: LocalHost()).mayIncludeOurs
        let rows = results.filter { !isGone($0) }.map { StatusRow($0, report.policy, isHooked) }
        let service = connection.serviceState.map(ServiceAnswer.init)
        try print(StatusRow.inOrder(rows), report, service)
    }

    /// Whether a guest that nobody named has gone since it was listed.
    private func isGone(_ result: Result<GuestStatus, GuestProblem>) -> Bool {
        guard guests.isEmpty, case .failure(let problem) = result else { return false }
        return problem.isGone
    }

    private func find(on connection: Connection) throws -> [Result<Guest, GuestProblem>] {
        guard guests.isEmpty else { return connection.find(guests) }
        return try connection.list(all ? .all : inactive ? .inactive : .running)
    }

    private static func read(
        _ guest: Guest, _ read: () throws -> GuestStatus
    ) -> Result<GuestStatus, GuestProblem> {
        do {
            return .success(try read())
        } catch {
            return .failure(
                GuestProblem(
                    guest: guest.name, message: "\(error)",
                    isGone: (error as? LibvirtError)?.code == .noDomain))
        }
    }

    /// What came of reading a guest, also where nothing came.
    private static func result(
        of found: Result<Guest, GuestProblem>,
        _ answer: Result<Result<GuestStatus, GuestProblem>, Crew.Silence>
    ) -> Result<GuestStatus, GuestProblem> {
        found.flatMap { guest in
            switch answer {
            case .success(let result): result
            case .failure(.noAnswer):
                .failure(
                    GuestProblem(
                        guest: guest.name,
                        message: "libvirt does not answer: it is busy with the guest"))
            case .failure(.notAsked):
                .failure(
                    GuestProblem(
                        guest: guest.name,
                        message: "libvirt was not asked: it is busy with other guests; name this"
                            + " one alone"))
            }
        }
    }

    /// Asks those who were silent once more, each over a connection of its own.
    ///
    /// One guest that hangs can keep others from being asked over the first connection; and what
    /// libvirt waits for in vain there, it does not try here.
    private func askAgain(
        _ found: [Result<Guest, GuestProblem>],
        _ answers: inout [Result<Result<GuestStatus, GuestProblem>, Crew.Silence>],
        _ reader: TimerReader
    ) {
        let silent = answers.indices.filter { (try? answers[$0].get()) == nil }
        let again = Crew.ask(count: silent.count, patience: Self.patience) { index in
            found[silent[index]].flatMap { guest in
                Self.read(guest) { try GuestStatus(of: guest.reconnected(), timers: reader) }
            }
        }
        for (index, answer) in zip(silent, again) { answers[index] = answer }
    }

    /// Reads a guest's timers again while it stands still, where that is needed and allowed.
    private func probed(
        _ found: Result<Guest, GuestProblem>, _ result: Result<GuestStatus, GuestProblem>
    ) -> Result<GuestStatus, GuestProblem> {
        guard probe, case .success(let guest) = found, case .success(let status) = result,
            status.isActive, TimerReader.needsStandstill(status.facts)
        else { return result }
        let signals = HeldSignals()
        defer { signals.release() }
        let answer = Crew.ask(patience: Self.probePatience) {
            Self.read(guest) {
                var status = status
                try status.readTimers(of: guest, TimerReader(mayStopGuest: true))
                return status
            }
        }
        return answer
            ?? .failure(
                GuestProblem(
                    guest: guest.name,
                    message:
                        "QEMU did not answer while the guest was asked; if virsh domstate shows"
                        + " it paused, run virsh resume"))
    }

    private func print(
        _ rows: [StatusRow], _ report: PolicyReport, _ service: ServiceAnswer?
    ) throws {
        let summary = StatusSummary(rows)
        if json {
            try StandardOutput.print(json: StatusAnswer(rows, summary, service))
        } else {
            try StandardOutput.print(
                (rows.isEmpty
                    ? "No guest \(inactive ? "is shut off" : "runs")." : text(rows, summary))
                    + (service.map { "\n\($0.line(under: report.policy.running))" } ?? ""))
        }
        for row in rows { row.remark.map(StandardError.print) }
        if report.hasErrors {
            StandardError.print("the policy has errors: virt-watchdog config shows them")
        }
        if rows.contains(where: { $0.verdict == nil }) { throw ExitCode.cannotTell }
        if !rows.allSatisfy({ $0.verdict?.isFine == true }) { throw ExitCode.notAsWanted }
    }

    private func text(_ rows: [StatusRow], _ summary: StatusSummary) -> String {
        var table = Table(
            "GUEST", "STATE", "MACHINE", "WATCHDOG", "ARMED", "NEXT BOOT", "VERDICT", "WHY")
        for row in rows { table.add(cells: row.cells) }
        return table.text(width: Terminal.width) + "\n\n" + summary.line
    }
}
