// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Libvirt
import Protector
import WatchdogPolicy

/// The command `virt-watchdog remove`: undoes our changes, and nothing else.
struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Undo what virt-watchdog added.",
        usage: "virt-watchdog remove [<option> ...] (--all | <guest> ...)",
        discussion: """
            Cleans running guests (--live), persistent domain XML (--config), or both. A running \
            guest gets no watchdog in this run, unless you name it to apply. Its next start adds \
            one again, unless the policy excludes it.

            Exit status: 0 all is removed; 1 something is left; 2 cannot reach libvirt.
            """)

    @OptionGroup var daemon: ConnectionOptions

    @Flag(help: "All guests, also those that are shut off.")
    var all = false

    @Flag(help: "From running guests.")
    var live = false

    @Flag(help: "From persistent domain XML.")
    var config = false

    @Flag(help: "Show the changes, and make none.")
    var dryRun = false

    @OptionGroup var table: TableOptions
    @OptionGroup var arguments: GuestArguments

    func validate() throws {
        if all, !arguments.guests.isEmpty {
            throw ValidationError("Name guests or use --all, not both.")
        }
    }

    func run() throws {
        // Not in `validate()`, which comes before the parser's complaint about unknown options.
        if !all, arguments.guests.isEmpty {
            throw ValidationError("Name guests, or use --all for all guests.")
        }
        if table.output.quiet { Progress.silence() }
        let selection = try GuestSelection(arguments.guests)
        let connection = try daemon.connection(readOnly: dryRun)
        let (cleansLive, cleansConfig) = (live || !config, config || !live)
        let work = GuestWork(
            connection: connection, found: try selection.find(among: .all, on: connection),
            goal: .remove(live: cleansLive, config: cleansConfig, dryRun: dryRun), policy: .builtIn)
        let names = work.names
        let stream = RowStream.removal(
            names, form: table.form(isDetailed: selection.areAllNamed), live: cleansLive,
            config: cleansConfig)
        try work.run(stream) { index, result in
            .row(
                RemovalRow(
                    of: names[index], uuid: (try? work.found.guests[index].get())?.uuid,
                    dryRun: dryRun, result))
        }
        let rows = stream.rows
        try stream.finish(
            none: selection.isGiven ? GuestSelection.noneNamed : "There are no guests.",
            summary: [rows.map(\.word).summary]
        ) {
            try StandardOutput.print(json: ["guests": rows], from: connection)
        }
        if rows.contains(where: \.isMissing) { throw ExitCode.noSuchGuest }
        if !rows.allSatisfy(\.isClean) { throw ExitCode.notAsWanted }
    }
}
