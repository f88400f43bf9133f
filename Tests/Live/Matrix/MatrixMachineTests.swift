// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests.Matrix {
    /// Machines of all kinds, none of which boots anything: whether QEMU has the device is asked of it.
    struct Machines {
        init() throws {
            try Lab.setPolicy("")
        }

        /// A row of `plan --json`.
        private struct Planned: Decodable {
            struct Guest: Decodable {
                var plan: String
                var reason: String
            }

            var guests: [Guest]
        }

        private func plan(_ guest: LabGuest) throws -> Planned.Guest {
            let outcome = try Command(Lab.tool, ["plan", guest.name, "--json"]).run()
            return try #require(
                JSONDecoder().decode(Planned.self, from: outcome.output).guests.first)
        }

        /// Whether QEMU itself has a device of that model; `info qtree` does not show a diag288.
        private func hasDevice(_ model: String, _ guest: LabGuest) throws -> Bool {
            let list = #"{"execute":"qom-list","arguments":{"path":"/machine/peripheral"}}"#
            return try guest.virsh("qemu-monitor-command", guest.name, list)
                .contains("child<\(model)>")
        }

        @Test
        func `Each machine type has the device, has it after a cold start, or cannot have it`()
            throws
        {
            for (number, machine) in MatrixMachine.all.enumerated() {
                let cell: String
                do {
                    cell = try check(machine, "machine-\(number)")
                } catch {
                    Issue.record(error, "\(machine.label)")
                    cell = "FAILED"
                }
                try record("machines", number, machine.label, hypervisor(), cell)
            }
        }

        /// Starts a guest with a machine, and tells what becomes of it.
        private func check(_ machine: MatrixMachine, _ name: String) throws -> String {
            let guest = try LabGuest(
                name, .definedPaused, definition: machine.definition.definition(of: name))
            switch machine.end {
            case .hotPlugged:
                try guest.waits(forLog: "op=protect", "result=attached")
                try #require(guest.watchdogs().map(\.alias) == ["ua-virt-watchdog"])
                try #require(guest.emulatedWatchdogs() == 1, "\(machine.label)")
                return "hot-plugged"
            case .coldBoot(let model, let reason):
                let plan = try plan(guest)
                try #require(plan.plan == "cold-plug", "\(machine.label)")
                try #require(plan.reason.contains(reason), "\(machine.label): \(plan.reason)")
                try #require(guest.watchdogs().isEmpty)
                _ = try Command(Lab.tool, ["apply", "--config", name]).run()
                let pending = try #require(LabStatus([name]).guests.first)
                try #require(pending.verdict == "pending cold boot", "\(machine.label)")
                try guest.virsh("destroy", name)
                try guest.virsh("start", name, "--paused")
                try #require(guest.watchdogs().map(\.model) == [model], "\(machine.label)")
                let isThere = try hasDevice(model, guest)
                try #require(isThere, "\(machine.label)")
                return "after a cold start, by `apply --config`: \(reason)"
            case .never(let reason):
                let plan = try plan(guest)
                try #require(plan.plan == "refuse", "\(machine.label)")
                try #require(plan.reason.contains(reason), "\(machine.label): \(plan.reason)")
                try guest.waits(forLog: "op=started", "plan=refuse")
                return "cannot: it \(reason)"
            }
        }
    }
}
