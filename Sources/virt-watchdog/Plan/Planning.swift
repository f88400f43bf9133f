// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Libvirt
import Protector
import WatchdogPolicy

/// The work of `plan`, and of `apply --dry-run`.
struct Planning {
    private let guests: GuestOptions
    private let policy: PolicyOptions
    private let persistence: PersistenceOptions
    private let table: TableOptions
    private let namesOnly: Bool

    init(
        _ guests: GuestOptions, _ policy: PolicyOptions, _ persistence: PersistenceOptions,
        _ table: TableOptions, namesOnly: Bool
    ) {
        self.guests = guests
        self.policy = policy
        self.persistence = persistence
        self.table = table
        self.namesOnly = namesOnly
    }

    /// Plans, prints the rows, and exits with their status.
    func run() throws {
        if table.output.quiet { Progress.silence() }
        let report = try policy.readableReport()
        let selection = try GuestSelection(guests.arguments.guests)
        let connection = try guests.daemon.connection(readOnly: true)
        let service = connection.service?.state
        let work = GuestWork(
            connection: connection, found: try selection.find(among: .running, on: connection),
            goal: .plan(config: persistence.isWanted), policy: report.policy)
        let names = work.names
        let stream = RowStream.plan(
            names, form: namesOnly ? .names : table.form(isDetailed: selection.areAllNamed),
            config: persistence.isWanted || report.policy.persist)
        try work.run(stream) { index, result in
            .row(
                GuestRow(of: names[index], result) { outcome in
                    try GuestRow(planned: outcome, of: names[index], report.policy, service)
                })
        }
        let rows = stream.rows
        try stream.finish(
            none: selection.isGiven ? GuestSelection.noneNamed : connection.noGuestText(),
            summary: [rows.summary(by: \.planWord)]
        ) {
            try StandardOutput.print(json: ["guests": rows], from: connection, under: report)
        }
        report.printErrors()
        if let status = Self.exitCode(of: rows, hasErrors: report.hasErrors) { throw status }
    }

    /// Returns the exit status, or `nil` if there is nothing to do.
    static func exitCode(of rows: [GuestRow], hasErrors: Bool) -> ExitCode? {
        if rows.contains(where: \.isMissing) { return .noSuchGuest }
        if hasErrors || rows.contains(where: \.isError) { return .notAsWanted }
        return rows.contains(where: \.isPending) ? .pending : nil
    }
}
