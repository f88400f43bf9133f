// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Libvirt
import Protector
import WatchdogPolicy

/// The command `virt-watchdog plan`: shows the planned changes to guests and the reasons.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show the planned changes to guests and the reasons.",
        usage: """
            virt-watchdog plan [--connect <uri>] [--all] [<guest> ...]
                [--config] [--properties <file>] [--json]
            """,
        discussion: """
            Without names, shows all running guests. With --config, or under \
            vm.watchdog.persist=true, also plans for the persistent domain XML. Changes nothing.

            Exit status: 0 every guest was planned for; 1 a guest was not read, or the policy has \
            errors; 2 cannot connect to libvirt.
            """)

    @OptionGroup var guests: GuestOptions
    @OptionGroup var policy: PolicyOptions

    @Flag(
        name: [.long, .customLong("persist")],
        help: "Also show the changes to the persistent domain XML.")
    var config = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let report = policy.report()
        let connection = try guests.daemon.connection(readOnly: true)
        let service = connection.service?.state
        let work = GuestWork(
            connection: connection, found: try guests.find(on: connection),
            goal: .plan(config: config), policy: report.policy)
        let names = work.names
        let stream = GuestRow.stream(names, json: json)
        try work.run(stream) { index, result in
            .row(
                GuestRow(of: names[index], result) { outcome in
                    try GuestRow(planned: outcome, of: names[index], report.policy, service)
                })
        }
        try GuestRow.printRest(of: stream, json: json)
        if report.hasErrors || stream.rows.contains(where: \.isProblem) {
            throw ExitCode.notAsWanted
        }
    }
}
