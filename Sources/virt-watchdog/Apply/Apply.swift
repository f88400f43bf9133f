// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Host
import Libvirt
import Protector
import WatchdogPolicy

/// The command `virt-watchdog apply`: treats running guests now, as the service treats a guest at
/// its start.
struct Apply: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring running guests to the policy now.",
        usage: "virt-watchdog apply [<option> ...] (--all | <guest> ...)",
        discussion: """
            Treats running guests as the service treats a guest at its start. A second run changes \
            nothing. With --config, or under vm.watchdog.persist=true, also changes the persistent \
            domain XML. With --dry-run, does what plan does.

            Exit status: 0 every guest matches the policy; 1 a guest does not, as its line says; \
            2 cannot connect to libvirt.
            """)

    @OptionGroup var guests: GuestOptions

    @Flag(help: "Show the changes, and make none: the command plan.")
    var dryRun = false

    @OptionGroup var policy: PolicyOptions
    @OptionGroup var persistence: PersistenceOptions
    @OptionGroup var table: TableOptions

    func run() throws {
        // Not in `validate()`, which comes before the parser's complaint about unknown options.
        if guests.arguments.guests.isEmpty, !guests.all {
            throw ValidationError("Name guests, or use --all for all running guests.")
        }
        guard !dryRun else {
            return try Planning(guests, policy, persistence, table, namesOnly: false).run()
        }
        if table.output.quiet { Progress.silence() }
        let report = try policy.readableReport()
        let selection = try GuestSelection(guests.arguments.guests)
        let connection = try guests.daemon.connection(readOnly: false)
        let work = GuestWork(
            connection: connection, found: try selection.find(among: .running, on: connection),
            goal: .protect, policy: report.policy, endsOptOuts: true,
            persists: persistence.isWanted)
        let names = work.names
        let stream = RowStream.apply(
            names, form: table.form(isDetailed: selection.areAllNamed),
            config: persistence.isWanted || report.policy.persist)
        try work.run(stream) { index, result in
            .row(
                GuestRow(of: names[index], result) { outcome in
                    try GuestRow(outcome, of: names[index])
                })
        }
        let rows = stream.rows
        try stream.finish(
            none: selection.isGiven ? GuestSelection.noneNamed : connection.noGuestText(),
            summary: [rows.summary { $0.result ?? "not running" }]
        ) {
            try StandardOutput.print(json: ["guests": rows], from: connection, under: report)
        }
        report.printErrors()
        if rows.contains(where: \.isMissing) { throw ExitCode.noSuchGuest }
        if report.hasErrors || rows.contains(where: { !$0.isConverged || $0.isFaulty }) {
            throw ExitCode.notAsWanted
        }
    }
}
