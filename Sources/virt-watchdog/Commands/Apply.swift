import ArgumentParser
import HostSystem
import Hypervisor
import Protector
import WatchdogPolicy

/// `virt-watchdog apply`: does now, for guests that run, what the hook does at their start.
struct Apply: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring guests that run to the policy, now.",
        usage: """
            virt-watchdog apply [--connect <uri>] [--all] [<guest> ...]
                [--config] [--properties <file>] [--json]
            """,
        discussion: """
            Does for guests that run what the hook sees to when a guest starts; twice is as good \
            as once. With --config, or under vm.watchdog.persist=true, the persistent definition \
            gets the watchdog, too.

            Exit codes: 0 every guest is as the policy wants it; 1 a guest is not, as its line \
            says; 2 libvirt cannot be reached.
            """)

    @OptionGroup var guests: GuestOptions
    @OptionGroup var policy: PolicyOptions

    @Flag(
        name: [.long, .customLong("persist")],
        help: "Change the persistent definition, too.")
    var config = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if guests.guests.isEmpty, !guests.all {
            throw ValidationError("Name guests, or say --all for all that run.")
        }
    }

    func run() throws {
        let report = policy.report()
        let connection = try guests.daemon.connection(readOnly: false)
        let found = try guests.find(on: connection)
        let outcomes = try treat(found, report.policy)
        let rows = found.map { found in
            GuestRow(found) { guest in
                let uuid = guest.uuid
                return try GuestRow(outcomes[uuid], of: guest.name)
            }
        }
        try GuestRow.print(rows, json: json)
        if report.hasErrors || !rows.allSatisfy(\.isConverged) { throw ExitCode.notAsWanted }
    }

    /// Brings guests to the policy, several at a time.
    ///
    /// - Returns: What came of each, by UUID.
    private func treat(
        _ found: [Result<Guest, GuestProblem>], _ policy: Policy
    ) throws -> [String: Outcome] {
        var settings = Settings.command(found.compactMap { try? $0.get().uuid })
        settings.endsOptOuts = !guests.all
        settings.persists = config
        let core = Core(settings, policy: policy, memory: Memory(boot: "", firstTicks: 0))
        var outcomes: [String: Outcome] = [:]
        var handlers = Engine.Handlers { _, _ in }
        handlers.finished = { outcomes[$0] = $1 }
        try Engine(core, .uri(guests.daemon.connect), handlers).run()
        return outcomes
    }
}
