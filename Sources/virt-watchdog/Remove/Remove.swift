// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Libvirt
import Protector
import WatchdogPolicy

/// The command `virt-watchdog remove`: undoes our changes, and nothing else.
struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Undo what virt-watchdog added.",
        usage: """
            virt-watchdog remove [--connect <uri>] [--all] [<guest> ...]
                [--live] [--config] [--dry-run] [--json]
            """,
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

    @Flag(help: "Print JSON.")
    var json = false

    @Argument(
        help: ArgumentHelp("Guests by name, UUID or ID.", valueName: "guest"),
        completion: .guests)
    var guests: [String] = []

    func validate() throws {
        if all, !guests.isEmpty {
            throw ValidationError("Name guests or use --all, not both.")
        }
        if !all, guests.isEmpty {
            throw ValidationError("Name guests, or use --all for all guests.")
        }
    }

    func run() throws {
        let connection = try daemon.connection(readOnly: dryRun)
        let work = GuestWork(
            connection: connection,
            found: try all ? connection.list(.all) : connection.find(guests),
            goal: .remove(live: live || !config, config: config || !live, dryRun: dryRun),
            policy: .builtIn)
        let names = work.names
        let stream = RemovalRow.stream(names, json: json)
        try work.run(stream) { index, result in
            .row(RemovalRow(of: names[index], uuid: (try? work.found[index].get())?.uuid, result))
        }
        try RemovalRow.printRest(of: stream, json: json)
        if !stream.rows.allSatisfy(\.isClean) { throw ExitCode.notAsWanted }
    }
}
