// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Host
import Libvirt
import Protector
import System
import WatchdogPolicy

/// The command `virt-watchdog status`: shows the consequence of a hang for each guest, and why.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show which guests are protected, and the reasons.",
        usage: "virt-watchdog status [<option> ...] [<guest> ...]",
        discussion: """
            Without names, shows all running guests. ARMED: whether the guest has started its \
            timer: by QEMU's monitor or the guest agent. Both taint the guest.

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

    @Flag(help: "Print a line for a monitoring system, with its exit statuses.")
    var check = false

    @Flag(help: "Show the status again and again.")
    var watch = false

    @Option(help: ArgumentHelp("The time between two looks of --watch.", valueName: "seconds"))
    var interval = 5

    @Flag(help: "Print the guests' names alone.")
    var name = false

    @OptionGroup var policy: PolicyOptions
    @OptionGroup var table: TableOptions
    @OptionGroup var arguments: GuestArguments

    func validate() throws {
        if all, inactive { throw ValidationError("Use --all or --inactive, not both.") }
        // They say among which guests patterns match.
        if all || inactive, !arguments.guests.allSatisfy(GuestSelection.isPattern) {
            throw ValidationError("Name guests, or use --all or --inactive, not several.")
        }
        let forms = [check, name, table.json, table.noHeader || table.output.verbose]
        if forms.count(where: { $0 }) > 1 {
            throw ValidationError(
                "Use --check, --name or --json alone, without options for the table.")
        }
        if watch, check || name || table.json || table.output.quiet {
            throw ValidationError("Use --watch with the table alone.")
        }
        if !(1...3600).contains(interval) {
            throw ValidationError("--interval needs a number of seconds from 1 to 3600.")
        }
    }

    func run() throws {
        if table.output.quiet || check { Progress.silence() }
        let selection = try GuestSelection(arguments.guests)
        if watch { return try repeatForever(selection) }
        if check { return try checkOnce(selection) }
        let form: OutputForm =
            name ? .names : table.form(isDetailed: selection.areAllNamed)
        let status = try look(selection, form).exitCode(acceptUnknown: acceptUnknown)
        if let status { throw status }
    }

    /// Prints the line for a monitoring system, and exits with its status.
    private func checkOnce(_ selection: GuestSelection) throws {
        let seen: StatusLook
        do {
            seen = try look(selection, .nothing)
        } catch let status as ExitCode {
            try StatusCheck.failed(
                status == .noConnection ? "cannot reach libvirt" : "cannot read the policy")
            return
        }
        try StatusCheck(seen, acceptUnknown: acceptUnknown).finish()
    }

    /// Shows the status until the user ends it.
    private func repeatForever(_ selection: GuestSelection) throws {
        while true {
            do {
                _ = try look(selection, table.form(isDetailed: selection.areAllNamed))
            } catch let status as ExitCode where status == .noConnection {
                // The daemon may come back.
            }
            _ = Poll.readable(among: [], timeout: .seconds(interval))
        }
    }

    /// Reads the guests once, and prints them.
    private func look(_ selection: GuestSelection, _ form: OutputForm) throws -> StatusLook {
        let report = try policy.readableReport()
        let connection = try daemon.readingConnection()
        let work = GuestWork(
            connection: connection,
            found: try selection.find(
                among: all ? .all : inactive ? .inactive : .running, on: connection),
            goal: .inspect(usesMonitor: report.policy.usesMonitor && !withoutMonitor),
            policy: report.policy)
        let names = work.names
        let service = connection.service
        let basis = VerdictBasis(report, of: connection)
        let stream = StatusRow.stream(names, form: form, isHeld: watch)
        try work.run(stream) { index, outcome in
            let result = outcome.flatMap { Self.status(of: names[index], $0, service?.state) }
            // An unnamed guest may have gone since it was listed.
            if !selection.isGiven, case .failure(let problem) = result, problem.isGone {
                return .nothing
            }
            return .row(StatusRow(result, basis))
        }
        if watch {
            let title = "Every \(interval) s: virt-watchdog status, \(Clock.localTime)\n"
            try StandardOutput.print((Terminal.isThere ? "\u{1b}[H\u{1b}[2J" : "") + title)
        }
        let look = StatusLook(rows: stream.rows, report: report, service: connection.service)
        try stream.finish(
            none: selection.isGiven ? GuestSelection.noneNamed : noGuest(on: connection),
            summary: look.lines
        ) {
            try StandardOutput.print(json: StatusAnswer(look), from: connection, under: report)
        }
        if form != .nothing { report.printErrors() }
        return look
    }

    private func noGuest(on connection: Connection) -> String {
        connection.noGuestText(inactive ? "is shut off" : "runs")
    }

    /// Returns the status in an outcome, or the problem.
    private static func status(
        of name: String, _ outcome: Outcome, _ service: ServiceState?
    ) -> Result<GuestStatus, GuestProblem> {
        if let inspection = outcome.inspection, let uuid = inspection.facts.uuid {
            return .success(GuestStatus(inspection, uuid: uuid, service))
        }
        var problem =
            outcome.error.map {
                GuestProblem(name, $0, retryingWith: "virt-watchdog status")
            } ?? GuestProblem(guest: name, message: "libvirt returned no data about the guest")
        switch outcome.error {
        case .silent: problem.message = "libvirt does not answer: it is busy with the guest; retry"
        case .notAsked:
            problem.message =
                "libvirt was not asked: it is busy with other guests; name this one alone"
        default: break
        }
        return .failure(problem)
    }
}
