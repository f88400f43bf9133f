// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Host
import Libvirt
import Protector
import WatchdogPolicy

/// The command `virt-watchdog status`: shows the consequence of a hang for each guest, and why.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show which guests are protected, and the reasons.",
        usage: """
            virt-watchdog status [--connect <uri>] [--all] [--inactive] [<guest> ...]
                [--no-monitor] [--accept-unknown] [--properties <file>] [--json]
            """,
        discussion: """
            Without names, shows all running guests. ARMED: whether the guest has started its \
            timer: by QEMU's monitor, or on pc the guest agent. Both taint the guest.

            Exit status: 0 no problem; 1 a problem; 2 a guest is unknown, or no libvirt.
            """)

    @OptionGroup var daemon: ConnectionOptions

    @Flag(help: "All guests, also those that are shut off.")
    var all = false

    @Flag(help: "The guests that are shut off.")
    var inactive = false

    @Flag(name: .customLong("no-monitor"), help: "Read timers through the guest agent alone.")
    var withoutMonitor = false

    @Flag(help: "Leave unknown verdicts out of the exit status.")
    var acceptUnknown = false

    @OptionGroup var policy: PolicyOptions

    @Flag(help: "Print JSON.")
    var json = false

    @Argument(
        help: ArgumentHelp("Guests by name, UUID or ID.", valueName: "guest"),
        completion: .guests)
    var guests: [String] = []

    func validate() throws {
        if [all, inactive, !guests.isEmpty].count(where: { $0 }) > 1 {
            throw ValidationError("Name guests, or use --all or --inactive, not several.")
        }
    }

    func run() throws {
        let report = policy.report()
        let connection = try daemon.readingConnection()
        let work = GuestWork(
            connection: connection, found: try find(on: connection),
            goal: .inspect(usesMonitor: report.policy.usesMonitor && !withoutMonitor),
            policy: report.policy)
        let names = work.names
        let service = connection.service
        let basis = VerdictBasis(report, of: connection)
        let stream = StatusRow.stream(names, json: json)
        try work.run(stream) { index, outcome in
            let result = outcome.flatMap { Self.status(of: names[index], $0, service?.state) }
            return isGone(result) ? .nothing : .row(StatusRow(result, basis))
        }
        try finish(stream, report, connection.service)
    }

    /// Returns whether an unnamed guest has gone since it was listed.
    private func isGone(_ result: Result<GuestStatus, GuestProblem>) -> Bool {
        guard guests.isEmpty, case .failure(let problem) = result else { return false }
        return problem.isGone
    }

    private func find(on connection: Connection) throws -> [Result<Guest, GuestProblem>] {
        guard guests.isEmpty else { return connection.find(guests) }
        return try connection.list(all ? .all : inactive ? .inactive : .running)
    }

    /// Returns the status in an outcome, or the problem.
    private static func status(
        of name: String, _ outcome: Outcome, _ service: ServiceState?
    ) -> Result<GuestStatus, GuestProblem> {
        if let inspection = outcome.inspection, let uuid = inspection.facts.uuid {
            return .success(GuestStatus(inspection, uuid: uuid, service))
        }
        let message =
            switch outcome.error {
            case .silent: "libvirt does not answer: it is busy with the guest; retry"
            case .notAsked:
                "libvirt was not asked: it is busy with other guests; name this one alone"
            case .some(let error): error.description(retryingWith: "virt-watchdog status")
            case nil: "libvirt returned no data about the guest"
            }
        return .failure(
            GuestProblem(guest: name, message: message, isGone: outcome.error?.isGuestGone == true))
    }

    /// Prints the remaining rows, and exits with their status.
    private func finish(
        _ stream: RowStream<StatusRow>, _ report: PolicyReport, _ service: ServicePresence?
    ) throws {
        try stream.printAll()
        let rows = stream.rows
        let summary = StatusSummary(rows)
        if json {
            try StandardOutput.print(
                json: StatusAnswer(rows, summary, service.flatMap(ServiceAnswer.init)))
        } else {
            let text =
                rows.isEmpty
                ? "No guest \(inactive ? "is shut off" : "runs")." : "\n" + summary.line
            let line = service.map { "\n" + $0.line(under: report.policy.running) } ?? ""
            try StandardOutput.print(text + line)
        }
        if report.hasErrors {
            StandardError.print("the policy has errors; run virt-watchdog config")
        }
        // A stopped QEMU is a known cause, and no missing agent.
        if rows.contains(where: {
            !$0.isRead || $0.verdict == .unknown && (!acceptUnknown || $0.isSilent)
        }) {
            throw ExitCode.cannotTell
        }
        if !rows.allSatisfy({ $0.verdict.isFine || $0.verdict == .unknown }) {
            throw ExitCode.notAsWanted
        }
    }
}
