import ArgumentParser
import Host
import Libvirt
import Protector
import System
import TimerProbe
import WatchdogPolicy

/// The command `virt-watchdog apply`: treats running guests now, as the service treats a guest at
/// its start.
struct Apply: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring guests that run to the policy, now.",
        usage: """
            virt-watchdog apply [--connect <uri>] [--all] [<guest> ...]
                [--config] [--properties <file>] [--json]
            """,
        discussion: """
            Does for running guests what the service does when a guest starts. Running it twice \
            changes nothing. With --config, or under vm.watchdog.persist=true, the persistent definition \
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
        let work = GuestWork(
            connection: connection, found: try guests.find(on: connection), goal: .protect,
            policy: report.policy, endsOptOuts: !guests.all, persists: config)
        let names = work.names
        let stream = GuestRow.stream(names, json: json)
        try work.run(stream) { index, result in
            .row(
                GuestRow(of: names[index], result) { outcome in
                    try GuestRow(outcome, of: names[index])
                })
        }
        try GuestRow.printRest(of: stream, json: json)
        if report.hasErrors || !stream.rows.allSatisfy(\.isConverged) {
            throw ExitCode.notAsWanted
        }
    }
}
