// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Host
import Libvirt
import Protector
import WatchdogPolicy

/// The command `virt-watchdog apply`: treats running guests now, as the service treats a guest at
/// its start.
struct Apply: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring running guests to the policy now.",
        usage: """
            virt-watchdog apply [--connect <uri>] [--all] [<guest> ...]
                [--config] [--properties <file>] [--json]
            """,
        discussion: """
            Treats running guests as the service treats a guest at its start. A second run changes \
            nothing. With --config, or under vm.watchdog.persist=true, also changes the persistent \
            domain XML.

            Exit status: 0 every guest matches the policy; 1 a guest does not, as its line says; \
            2 cannot connect to libvirt.
            """)

    @OptionGroup var guests: GuestOptions
    @OptionGroup var policy: PolicyOptions

    @Flag(
        name: [.long, .customLong("persist")],
        help: "Also change the persistent domain XML.")
    var config = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if guests.guests.isEmpty, !guests.all {
            throw ValidationError("Name guests, or use --all for all running guests.")
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
