// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests {
    /// What `status` reads by the guest agent, which is Debian's own, and that it changes nothing.
    struct Agent {
        init() throws {
            try Lab.setPolicy("")
        }

        private func guest(_ name: String, _ agent: String, _ options: String...) throws -> LabGuest
        {
            let guest = try LabGuest(name, options: ["--agent", agent] + options)
            try guest.waits(forLog: "op=protect", "result=attached")
            try guest.waits(forLine: "LAB agent")
            try Lab.wait(for: "the agent of \(name)") {
                try guest.definition().contains("org.qemu.guest_agent.0' state='connected'")
            }
            return guest
        }

        private func row(of guest: LabGuest, _ options: String...) throws -> LabStatus.Guest {
            try #require(LabStatus(options + [guest.name]).guests.first)
        }

        /// How the guest's log and `dominfo` say that libvirt sees it.
        private func taints(of guest: LabGuest) throws -> String {
            try Lab.virsh("dominfo", guest.name)
                + String(contentsOfFile: "/var/log/libvirt/qemu/\(guest.name).log", encoding: .utf8)
        }

        @Test
        func `Without the monitor a pc guest is read by its agent alone`() throws {
            let guest = try guest("agent-only", "answers", "--append", "lab.arm=5")
            try guest.waits(forLine: "LAB found")
            let before = try row(of: guest, "--no-monitor")
            #expect(before.armed == "no", "\(before.reason)")
            #expect(before.verdict == "not armed")
            try guest.waits(forLine: "LAB armed i6300ESB")
            try Lab.setPolicy("vm.watchdog.monitor=no\n")
            let after = try row(of: guest)
            #expect(after.armed == "yes", "\(after.reason)")
            #expect(after.verdict == "protected")
            #expect(after.usedMonitor == false)
            #expect(after.usedAgent == true)
            #expect(try !taints(of: guest).contains("custom-monitor"))
            #expect(try !taints(of: guest).contains("custom monitor"))
            let summary = try Command(Lab.tool, ["status", guest.name]).run().text
            #expect(!summary.contains("QEMU's monitor was used"))
            #expect(summary.contains("The guest agent was used for 1 guest"))

            try Lab.setPolicy("")
            let usual = try Command(Lab.tool, ["status", guest.name]).run().text
            #expect(usual.contains("QEMU's monitor was used for 1 guest"))
            #expect(try taints(of: guest).contains("custom-monitor"))
        }

        @Test
        func
            `An agent that may not read files leaves the timer unknown, and the reason has the line`()
            throws
        {
            let guest = try guest("agent-blocked", "blocked")
            try guest.waits(forLine: "LAB armed i6300ESB")
            let row = try row(of: guest)
            #expect(row.armed == "unknown")
            #expect(row.watchdogs?.first?.doubt?.contains("FILTER_RPC_ARGS") == true)
            #expect(row.watchdogs?.first?.doubt?.contains("/etc/sysconfig/qemu-ga") == true)
        }

        @Test
        func `Agents that hang cost seconds, and keep no other guest waiting`() throws {
            let guests = try (1...3).map { try guest("agent-hangs-\($0)", "stopped") }
            let well = try guest("agent-well", "answers")
            for guest in guests + [well] { try guest.waits(forLine: "LAB armed i6300ESB") }
            for _ in 1...(Faults.isWhole ? 3 : 1) {
                let start = ContinuousClock.now
                let status = try LabStatus([])
                #expect(ContinuousClock.now - start < .seconds(9))
                let rows = Dictionary(
                    uniqueKeysWithValues: status.guests.map { ($0.name, $0) })
                for guest in guests {
                    let row = try #require(rows[guest.name])
                    #expect(row.armed == "unknown")
                    #expect(row.reason.contains("the guest agent does not answer"), "\(row.reason)")
                }
                #expect(rows["agent-well"]?.armed == "yes", "\(rows["agent-well"]?.reason ?? "")")
            }
        }

        @Test
        func `A guest of a model that Linux shows nothing of is unknown`() throws {
            let folder = try TemporaryFolder()
            let device = try folder.write("device", "<watchdog model='ib700' action='reset'/>")
            let guest = try LabGuest(
                "agent-ib700",
                options: ["--agent", "answers", "--extra-devices", device.path])
            try guest.waits(forLine: "LAB agent")
            try Lab.wait(for: "the agent") {
                try guest.definition().contains("org.qemu.guest_agent.0' state='connected'")
            }
            let row = try row(of: guest)
            #expect(row.armed == "unknown")
            #expect(row.usedAgent == true)
            #expect(row.reason.contains("ib700"), "\(row.reason)")
        }

        @Test(arguments: ["running", "paused"])
        func `Reading a pc guest never changes its state`(state: String) throws {
            let name = "agent-state-\(state)"
            let guest = try guest(name, "answers")
            try guest.waits(forLine: "LAB armed i6300ESB")
            if state == "paused" { try Lab.virsh("suspend", name) }
            let events = try LabEvents()
            for index in 1...20 {
                let row = try row(of: guest, index.isMultiple(of: 2) ? "--no-monitor" : "--json")
                #expect(row.state == state)
                #expect(row.armed == (state == "paused" ? "unknown" : "yes"), "\(row.reason)")
                #expect(try guest.state() == state)
            }
            #expect(
                try !events.lines().contains { line in
                    line.contains("'\(name)'")
                        && ["Suspended", "Resumed"].contains { line.contains($0) }
                })
        }

        @Test(arguments: Faults.isWhole ? ["pc", "q35"] : ["pc"])
        func `A fire shows in the device until the driver starts`(machine: String) throws {
            try Lab.setPolicy("vm.watchdog.action=pause\n")
            let guest = try LabGuest(
                "agent-fire-\(machine)", options: ["--machine", machine], hangsAfter: 10)
            try guest.waits(forLog: "op=protect", "result=attached")
            try guest.waits(forLine: "LAB armed")
            #expect(try row(of: guest).showsFire == false)
            try Lab.wait(for: "the fire") { try guest.state() == "paused" }
            let fired = try row(of: guest)
            #expect(fired.showsFire == true)
            #expect(fired.usedMonitor == true)
            #expect(try guest.state() == "paused")
        }
    }
}
