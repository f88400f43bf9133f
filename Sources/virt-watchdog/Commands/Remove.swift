import ArgumentParser
import HostSystem
import Hypervisor
import WatchdogPolicy

/// `virt-watchdog remove`: takes back what we added, and nothing else.
struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take back what virt-watchdog added, and only that.",
        usage: """
            virt-watchdog remove [--connect <uri>] [--all] [<guest> ...]
                [--live] [--config] [--dry-run] [--json]
            """,
        discussion: """
            From guests that run (--live), from persistent definitions (--config), or both. A \
            guest that does not let go of the device keeps it until it is shut off. At its next \
            start the hook gives it one again, unless the policy excludes it.

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

    /// For how many seconds nobody answers before the rest is given up: libvirt itself waits for half
    /// a minute while something else is done to a guest.
    private static let patience = 60

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
        let (takesLive, takesConfig) = (live || !config, config || !live)
        let answers = Crew.ask(count: found.count, patience: Self.patience) { index in
            RemovalRow(found[index], remover, live: takesLive, config: takesConfig)
        }
        let rows = zip(found, answers).map { found, answer in
            switch answer {
            case .success(let row): row
            case .failure: RemovalRow(unanswered: found)
            }
        }
        try RemovalRow.print(rows, json: json)
        if !rows.allSatisfy(\.isClean) { throw ExitCode.notAsWanted }
    }
}
