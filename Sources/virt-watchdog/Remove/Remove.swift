import ArgumentParser
import Host
import Libvirt
import Protector
import System
import TimerProbe
import WatchdogPolicy

/// The command `virt-watchdog remove`: undoes our changes, and nothing else.
struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take back what virt-watchdog added, and only that.",
        usage: """
            virt-watchdog remove [--connect <uri>] [--all] [<guest> ...]
                [--live] [--config] [--dry-run] [--json]
            """,
        discussion: """
            From guests that run (--live), from persistent definitions (--config), or both. A \
            running guest gets no other one in this run, unless you name it to apply. At its \
            next start it gets one again, unless the policy excludes it.

            Exit codes: 0 nothing of ours left; 1 something is; 2 libvirt cannot be reached.
            """)

    @OptionGroup var daemon: ConnectionOptions

    @Flag(help: "All guests, those that are shut off as well.")
    var all = false

    @Flag(help: "Out of guests that run.")
    var live = false

    @Flag(help: "Out of persistent definitions.")
    var config = false

    @Flag(help: "Say what would be done, and do nothing.")
    var dryRun = false

    @Flag(help: "Print JSON.")
    var json = false

    @Argument(
        help: ArgumentHelp("Guests by name, UUID or number.", valueName: "guest"),
        completion: .guests)
    var guests: [String] = []

    func validate() throws {
        if all, !guests.isEmpty {
            throw ValidationError("Name guests or say --all, not both.")
        }
        if !all, guests.isEmpty {
            throw ValidationError("Name guests, or say --all for all of them.")
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
