// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests {
    /// Watchdogs in persistent definitions, and their removal.
    struct Remove {
        init() throws {
            try Lab.setPolicy("")
        }

        /// The persistent definition as libvirt keeps it.
        private func persistent(_ guest: LabGuest) throws -> Data {
            try Data(contentsOf: URL(filePath: "/etc/libvirt/qemu/\(guest.name).xml"))
        }

        private func remove(_ arguments: String...) throws -> (status: Int32, row: Row) {
            let outcome = try Command(Lab.tool, ["remove", "--json"] + arguments).run()
            #expect(try Schema.complaint(about: outcome.output, form: "remove") == nil)
            let answer = try JSONDecoder().decode(Answer.self, from: outcome.output)
            return (outcome.status, try #require(answer.guests.first))
        }

        private struct Answer: Decodable {
            var guests: [Row]
        }

        private struct Row: Decodable, Equatable {
            var name: String
            var live: String?
            var config: String?
            var reason: String
        }

        @Test(arguments: ["pc", "q35", "q35 with a bridge", "q35 without an empty port"])
        func `A persistent definition gets the watchdog, and remove restores every byte`(
            machine: String
        ) throws {
            let folder = try TemporaryFolder()
            var options = ["--machine", machine == "pc" ? "pc" : "q35"]
            let controllers: [String: String] = [
                "q35 with a bridge": LiveTests.Plans.bridgedQ35,
                "q35 without an empty port": LiveTests.Plans.fullQ35,
            ]
            if let text = controllers[machine] {
                options += ["--controllers", try folder.write("controllers", text).path]
            }
            // The hook is to have no part in it.
            try Lab.setPolicy("vm.watchdog.model=none\n")
            let name = "persist-" + machine.replacingOccurrences(of: " ", with: "-")
            let guest = try LabGuest(name, .shutOff, options: options)
            let before = try persistent(guest)

            try Lab.setPolicy("")
            let applied = try Lab.run(Lab.tool, ["apply", "--persist", "--json", name])
            #expect(applied.contains("\"config\" : \"written\""))
            #expect(try Schema.complaint(about: Data(applied.utf8), form: "plan") == nil)
            let written = try persistent(guest)
            #expect(written != before)
            let again = try Lab.run(Lab.tool, ["apply", "--config", "--json", name])
            #expect(again.contains("\"config\" : \"unchanged\""))
            #expect(try persistent(guest) == written)

            try Lab.setPolicy("vm.watchdog.model=none\n")
            try Lab.virsh("start", name)
            #expect(try guest.watchdogs().map(\.alias) == ["ua-virt-watchdog"])
            try guest.waits(forLine: "LAB armed i6300ESB")
            #expect(try guest.seesWatchdog(inBoot: 1))

            let dry = try remove("--dry-run", name)
            #expect((dry.row.live, dry.row.config) == ("would-remove", "would-remove"))
            #expect(try persistent(guest) == written)
            let config = try remove("--config", name)
            #expect((config.status, config.row.live, config.row.config) == (0, nil, "removed"))
            #expect(try persistent(guest) == before)
            #expect(try guest.watchdogs().count == 1, "the running guest keeps its own")
            let live = try remove("--live", name)
            #expect((live.status, live.row.live, live.row.config) == (0, "removed", nil))
            #expect(try guest.watchdogs().isEmpty)
            let nothing = try remove("--all")
            #expect((nothing.row.live, nothing.row.config) == ("absent", "absent"))
        }

        @Test func `vm.watchdog.persist=true writes the watchdog at the guest's start`() throws {
            try Lab.setPolicy("vm.watchdog.persist=true\n")
            let guest = try LabGuest("persist-policy", .defined, options: ["--machine", "q35"])
            try guest.waits(forLog: "op=protect", "result=attached")
            try guest.waits(forLog: "op=persist", "result=written")
            #expect(
                String(decoding: try persistent(guest), as: UTF8.self).contains("ua-virt-watchdog"))
            try Lab.virsh("destroy", guest.name)
            try Lab.virsh("start", guest.name)
            try guest.waits(forLog: "op=started", "plan=leave", "already has i6300esb")
            #expect(try guest.watchdogs().count == 1)

            let transient = try LabGuest("persist-transient", .created)
            try transient.waits(forLog: "op=persist", "result=transient")
        }

        @Test
        func `vm.watchdog.persist=true adds a model without hot-plug at the next start`() throws {
            try Lab.setPolicy("vm.watchdog.persist=true\nvm.watchdog.model=ib700\n")
            let guest = try LabGuest("persist-ib700", .definedPaused)
            try guest.waits(forLog: "op=persist", "result=written")
            let row = try #require(LabStatus([guest.name]).guests.first)
            #expect(row.verdict == "pending cold boot")
            try Lab.virsh("destroy", guest.name)
            try Lab.virsh("start", guest.name, "--paused")
            #expect(try guest.watchdogs().map(\.model) == ["ib700"])
        }

        @Test func `Another owner's watchdog stays`() throws {
            let folder = try TemporaryFolder()
            let device = try folder.write("device", "<watchdog model='i6300esb' action='reset'/>")
            let guest = try LabGuest(
                "theirs", .definedPaused, options: ["--extra-devices", device.path])
            let before = try persistent(guest)
            let (status, row) = try remove(guest.name)
            #expect((status, row.live, row.config) == (0, "absent", "absent"))
            #expect(try guest.watchdogs().count == 1)
            #expect(try persistent(guest) == before)
        }

        @Test func `A guest that does not answer keeps its device, and is reported`() throws {
            let guest = try LabGuest("stubborn", .createdPaused)
            try guest.waits(forLog: "op=protect", "result=attached")
            let (status, row) = try remove("--live", guest.name)
            #expect(status == 1)
            #expect(row.live == "not-answered")
            #expect(row.reason.contains("guest's next reset removes the device"))
            #expect(try guest.watchdogs().count == 1)
        }

        @Test
        func `Guests that do not answer are waited for together, and are reported in 15 s`()
            throws
        {
            let count = Faults.isWhole ? 30 : 15
            let guests = try (1...count).map { try LabGuest("stubborn-\($0)", .createdPaused) }
            for guest in guests { try guest.waits(forLog: "op=protect", "result=attached") }
            let start = ContinuousClock.now
            let outcome = try Command(Lab.tool, ["remove", "--all"]).run()
            let duration = ContinuousClock.now - start
            #expect(outcome.status == 1)
            #expect(duration < .seconds(15), "\(duration)")
            let lines = outcome.text.split(separator: "\n")
            #expect(lines.count { $0.contains(" not-answered ") } == count)
        }

        @Test
        func `A removal lasts for the run, over restarts of the daemon, until apply ends it`()
            throws
        {
            let guest = try LabGuest("removed")
            try guest.waits(forLog: "op=protect", "result=attached")
            try guest.waits(forLine: "LAB armed i6300ESB")
            let (status, row) = try remove("--live", guest.name)
            #expect((status, row.live) == (0, "removed"))
            let count = try Lab.log(of: guest.name).count { $0.contains("op=protect") }
            try Lab.script(["restart-daemon"])
            try Lab.wait(for: "the one-shot after the restart") {
                try Lab.log(of: guest.name).count { $0.contains("op=protect") } > count
            }
            #expect(try guest.watchdogs().isEmpty)
            try Lab.run(Lab.tool, ["apply", "--all"])
            #expect(try guest.watchdogs().isEmpty)
            try Lab.run(Lab.tool, ["apply", guest.name])
            #expect(try guest.watchdogs().count == 1)
        }
    }
}
