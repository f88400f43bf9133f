import ArgumentParser
import Hypervisor
import WatchdogPolicy

/// `virt-watchdog plan`: what would be done to guests, and why.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what would be done to guests, and why.",
        usage: """
            virt-watchdog plan [--connect <uri>] [--all] [<guest> ...]
                [--config] [--properties <file>] [--json]
            """,
        discussion: """
            Without names, all guests that run. With --config, or under vm.watchdog.persist=true, \
            also what would be done to the persistent definition. Nothing is changed.

            Exit codes: 0 every guest was planned for; 1 a guest cannot be read or the policy has \
            errors; 2 libvirt cannot be reached.
            """)

    @OptionGroup var guests: GuestOptions
    @OptionGroup var policy: PolicyOptions

    @Flag(
        name: [.long, .customLong("persist")],
        help: "Show the persistent definition's part, too.")
    var config = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let report = policy.report()
        let connection = try guests.daemon.connection(readOnly: true)
        let protector = BlockingProtector(policy: report.policy, timing: .brisk)
        let service = connection.serviceState
        let rows = try guests.find(on: connection).map { found in
            GuestRow(found) { guest in
                let facts = try guest.facts()
                var row = GuestRow(facts, WatchdogPolicy.plan(report.policy, facts))
                if let service { row.add(service, under: report.policy) }
                if config || report.policy.persist {
                    row.add(try protector.persist(guest, isDry: true))
                }
                return row
            }
        }
        try GuestRow.print(rows, json: json)
        if report.hasErrors || rows.contains(where: \.isProblem) { throw ExitCode.notAsWanted }
    }
}
