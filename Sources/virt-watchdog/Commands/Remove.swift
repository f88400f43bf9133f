import ArgumentParser
import Hypervisor
import WatchdogPolicy

/// `virt-watchdog remove`: takes back what we added, and nothing else.
struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take back the watchdogs that virt-watchdog added, and nothing else.",
        usage: """
            virt-watchdog remove [--connect <uri>] [--all] [<guest> ...]
                [--live] [--config] [--dry-run] [--json]
            """,
        discussion: """
            Takes the device out of guests that run (--live), out of persistent definitions \
            (--config), or both where neither is said. A guest that runs has to let go of the \
            device; one that does not within ten seconds keeps it until it is shut off. At the \
            next start the hook gives the guest one again, unless the policy says otherwise.

            Exit codes: 0 nothing of ours is left there; 1 something is, as its line says; 2 \
            libvirt cannot be reached.
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

    @Argument(help: ArgumentHelp("Guests by name, UUID or number.", valueName: "guest"))
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
        let found = try all ? connection.list(.all) : connection.find(guests)
        let remover = Remover(isDry: dryRun)
        let rows = found.map {
            RemovalRow($0, remover, live: live || !config, config: config || !live)
        }
        try RemovalRow.print(rows, json: json)
        if !rows.allSatisfy(\.isClean) { throw ExitCode.notAsWanted }
    }
}
