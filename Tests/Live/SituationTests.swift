// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests {
    /// The verdicts on guests that do not simply run.
    struct Situations {
        init() throws {
            try Lab.setPolicy("")
        }

        /// Runs `status --json` for one guest.
        private func status(
            of guest: LabGuest, _ options: String..., at location: SourceLocation = #_sourceLocation
        ) throws -> (row: LabStatus.Guest, exit: Int32) {
            let outcome = try Command(Lab.tool, ["status", "--json", guest.name] + options).run()
            #expect(
                try Schema.complaint(about: outcome.output, form: "status") == nil,
                sourceLocation: location)
            let status = try JSONDecoder().decode(LabStatus.self, from: outcome.output)
            return (
                try #require(status.guests.first, sourceLocation: location), outcome.status
            )
        }

        @Test func `A guest that virsh paused is paused, and is protected once it is resumed`()
            throws
        {
            let guest = try LabGuest("virsh-paused", options: ["--machine", "q35"])
            try guest.waits(forLine: "LAB armed i6300ESB")
            try guest.virsh("suspend", guest.name)
            let paused = try status(of: guest)
            #expect(paused.row.verdict == "paused")
            #expect((paused.row.state, paused.row.stateReason) == ("paused", "user"))
            #expect(paused.row.reason.contains("run virsh resume \(guest.name)"))
            #expect(paused.exit == 0)
            let table = try Command(Lab.tool, ["status", guest.name]).run()
            #expect(table.text.contains("paused (user)"))
            #expect(table.text.contains("1 guest: 1 paused."))
            try guest.virsh("resume", guest.name)
            let resumed = try status(of: guest)
            #expect(resumed.row.verdict == "protected")
            #expect(resumed.exit == 0)
        }

        @Test func `A guest that its watchdog paused has fired, and the remedy boots it anew`()
            throws
        {
            try Lab.setPolicy("vm.watchdog.action=pause\n")
            let events = try LabEvents()
            let guest = try LabGuest(
                "watchdog-paused", options: ["--machine", "q35"], hangsAfter: 1)
            try events.waits(for: "watchdog", "pause", of: guest)
            try Lab.wait(for: "the pause") { try guest.state() == "paused" }
            let fired = try status(of: guest)
            #expect(fired.row.verdict == "fired")
            #expect((fired.row.state, fired.row.stateReason) == ("paused", "watchdog"))
            #expect(fired.row.reason.contains("its watchdog fired and paused it"))
            #expect(fired.exit == 1)
            try guest.virsh("reset", guest.name)
            try guest.virsh("resume", guest.name)
            try guest.waits(forLine: "LAB boot", inBoot: 2)
        }

        @Test func `A guest of which nothing can be read is unknown, unless unknown is accepted`()
            throws
        {
            let guest = try LabGuest(
                "empty-pc", .created, definition: LiveTests.Service.tinyDefinition("empty-pc"))
            try guest.waits(forLog: "op=protect", "result=attached")
            let unknown = try status(of: guest)
            #expect(unknown.row.verdict == "unknown")
            #expect(unknown.row.reason.contains("only if the guest has started the timer"))
            #expect(unknown.exit == 2)
            let accepted = try status(of: guest, "--accept-unknown")
            #expect(accepted.row.verdict == "unknown")
            #expect(accepted.exit == 0)
            let missing = try Command(
                Lab.tool, ["status", "--accept-unknown", guest.name, "missing"]
            ).run()
            #expect(missing.status == 4)
        }

        @Test
        func
            `A guest whose kernel panicked has crashed, and plan and status said before that it would`()
            throws
        {
            let folder = try TemporaryFolder()
            let panic = try folder.write("panic", "<panic model='isa'/>")
            let file = try LabGuest.definition(
                "crashed", ["--append", "lab.panic=10", "--extra-devices", panic.path])
            let definition = try String(contentsOf: file, encoding: .utf8).replacing(
                "<on_reboot>", with: "<on_crash>preserve</on_crash><on_reboot>")
            let guest = try LabGuest("crashed", .created, definition: definition)
            try guest.waits(forLog: "op=protect", "result=attached")
            let warning = "a kernel panic never reaches the watchdog"
            let plan = try Command(Lab.tool, ["plan", guest.name]).run()
            #expect(plan.text.contains(warning))
            #expect(try status(of: guest).row.reason.contains(warning))
            try guest.waits(forLine: "LAB panics")
            try Lab.wait(for: "the crash") { try guest.state() == "crashed" }
            let crashed = try status(of: guest)
            #expect(crashed.row.verdict == "crashed")
            #expect((crashed.row.state, crashed.row.stateReason) == ("crashed", "panicked"))
            #expect(crashed.row.reason.contains(warning))
            #expect(crashed.exit == 1)
            let after = try Command(Lab.tool, ["plan", "--json", guest.name]).run()
            #expect(after.text.contains("\"state\" : \"crashed\""))
            #expect(try Schema.complaint(about: after.output, form: "plan") == nil)

            // The remedies.
            try guest.virsh("reset", guest.name)
            try guest.virsh("set-lifecycle-action", guest.name, "crash", "restart", "--live")
            try guest.virsh("resume", guest.name)
            try guest.waits(forLine: "LAB boot", inBoot: 2)
            #expect(try !status(of: guest).row.reason.contains(warning))
        }

        @Test func `A guest that put itself to sleep is paused until it wakes up`() throws {
            let file = try LabGuest.definition(
                "asleep", ["--machine", "q35", "--append", "lab.sleep=1"])
            let definition = try String(contentsOf: file, encoding: .utf8).replacing(
                "<devices>", with: "<pm><suspend-to-mem enabled='yes'/></pm><devices>")
            let guest = try LabGuest("asleep", .created, definition: definition)
            try guest.waits(forLine: "LAB sleeps")
            try Lab.wait(for: "its sleep") { try guest.state() == "pmsuspended" }
            let asleep = try status(of: guest)
            #expect(asleep.row.verdict == "paused")
            #expect(asleep.row.state == "pmsuspended")
            #expect(asleep.row.reason.contains("virsh dompmwakeup \(guest.name)"))
            #expect(asleep.exit == 0)
            try guest.virsh("dompmwakeup", guest.name)
            try Lab.wait(for: "its wake-up") { try guest.state() == "running" }
            #expect(try status(of: guest).row.verdict != "paused")
        }

        @Test func `After a fire, status says when, until the guest arms again`() throws {
            let service = try LabService()
            let guest = try LabGuest(
                "fired", options: ["--machine", "q35", "--append", "lab.arm=12"], hangsAfter: 1)
            try guest.waits(forLine: "LAB found")
            let never = try status(of: guest)
            #expect(never.row.verdict == "not armed")
            #expect(never.row.reason.contains("it needs the driver"))
            #expect(never.row.fired == nil)

            try guest.waits(forLine: "LAB found", inBoot: 2)
            try guest.waits(forLog: "op=fire", "result=reset")
            let file = try String(contentsOfFile: LabService.directory + "/runs", encoding: .utf8)
            #expect(try file.contains("fired \(guest.uuid()) "))
            // A service that is killed knows it again from its file.
            try service.kill()
            try service.startAgain()
            var fired = try status(of: guest)
            try Lab.wait(for: "the service's state") {
                fired = try status(of: guest)
                return fired.row.fired?.time != nil
            }
            let time = try #require(fired.row.fired?.time)
            #expect(fired.row.verdict == "not armed")
            #expect(fired.row.reason.hasPrefix("fired at \(time), not armed again yet"))
            #expect(!fired.row.reason.contains("driver"))
            #expect(fired.row.fired?.action == "reset")
            #expect(fired.exit == 1)

            try guest.waits(forLine: "LAB armed i6300ESB", inBoot: 2)
            let again = try status(of: guest)
            #expect(again.row.verdict == "protected")
            #expect(again.row.reason.contains("it last fired at \(time)"))
            try service.end()
        }
    }
}
