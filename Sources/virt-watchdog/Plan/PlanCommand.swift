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
        usage: "virt-watchdog plan [<option> ...] [<guest> ...]",
        discussion: """
            Without names, shows all running guests. With --config, or under \
            vm.watchdog.persist=true, also plans for the persistent domain XML. Changes nothing.

            Exit status: 0 apply would change nothing; 1 a guest was not read, or the policy has \
            errors; 2 cannot connect to libvirt; 3 apply would change a guest.
            """)

    @OptionGroup var guests: GuestOptions
    @OptionGroup var policy: PolicyOptions
    @OptionGroup var persistence: PersistenceOptions

    @Flag(help: "Print the guests' names alone.")
    var name = false

    @OptionGroup var table: TableOptions

    func validate() throws {
        if name, table.json || table.noHeader { throw ValidationError("Use --name alone.") }
    }

    func run() throws {
        try Planning(guests, policy, persistence, table, namesOnly: name).run()
    }
}
