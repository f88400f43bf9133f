// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests.Matrix {
    /// The ways in which a guest starts.
    struct Starts {
        init() throws {
            try Lab.setPolicy("")
        }

        @Test
        func `A guest that is created, started, or started paused gets its watchdog in that boot`()
            throws
        {
            let events = try LabEvents()
            var travellers: [Traveller] = []
            for machine in machines {
                travellers.append(try Traveller(.create, machine, "create", .created))
                travellers.append(try Traveller(.start, machine, "start"))
                let paused = try Traveller(
                    .startPaused, machine, "paused", .definedPaused)
                try paused.guest.waits(forLog: "op=protect", "result=attached")
                try paused.guest.virsh("resume", paused.guest.name)
                travellers.append(paused)
            }
            for traveller in travellers {
                try traveller.guest.waitsUntilArmed()
                #expect(try traveller.guest.seesWatchdog(inBoot: 1))
            }
            try prove(travellers, events)
        }

        @Test
        func `A guest that autostarts with the daemon gets its watchdog in that boot`() throws {
            let travellers = try machines.map { machine in
                let traveller = try Traveller(
                    .autostart, machine, "auto", .shutOff)
                try Lab.virsh("autostart", traveller.guest.name)
                return traveller
            }
            // libvirt does so once after the host's own start, and notes it here.
            try Lab.run("/bin/rm", ["-f", "/run/libvirt/qemu/autostarted"])
            try Lab.script(["restart-libvirtd"])
            let events = try LabEvents()
            for traveller in travellers {
                try traveller.guest.waits(forLog: "op=protect", "result=attached")
            }
            try prove(travellers, events)
        }

        @Test func `A watchdog of action none is kept, or aligned in the same boot`() throws {
            let folder = try TemporaryFolder()
            let none = try folder.write("none", "<watchdog model='i6300esb' action='none'/>")
            let options = ["--extra-devices", none.path]
            let kept = try Traveller(.kept, "pc", "kept", options: options)
            try kept.guest.waits(forLog: "op=started", "plan=leave", "existing=keep")
            let row = try #require(LabStatus([kept.guest.name]).guests.first)
            #expect(row.verdict == "unprotected")
            #expect(row.reason.contains("vm.watchdog.existing=keep"))
            try record(.kept, "pc", "\(row.verdict): kept, as the policy says")

            try Lab.setPolicy("vm.watchdog.existing=align\n")
            let events = try LabEvents()
            let travellers = try machines.map { machine in
                try Traveller(
                    .aligned, machine, "aligned", options: options)
            }
            for traveller in travellers {
                try traveller.guest.waits(forLog: "op=protect", "result=aligned")
                let row = try #require(LabStatus([traveller.guest.name]).guests.first)
                #expect(row.watchdogs?.first { $0.model == "i6300esb" }?.action == "reset")
                #expect(row.verdict != "unprotected" && row.verdict != "conflict", "\(row.reason)")
            }
            try prove(travellers, events, action: "none")
            let names = travellers.map(\.guest.name)
            let again = try Lab.run(Lab.tool, ["apply", "--json"] + names)
            #expect(
                again.ranges(of: "\"result\" : \"unchanged\"").count == names.count,
                "asked again, there is nothing to do")
        }
    }

    /// The ways in which a guest that runs already gets its watchdog.
    struct Running {
        init() throws {
            try Lab.setPolicy("vm.watchdog.model=none\n")
        }

        @Test func `apply brings a running guest to the policy`() throws {
            let events = try LabEvents()
            let travellers = try machines.map {
                try Traveller(.apply, $0, "apply", .created)
            }
            for traveller in travellers { try traveller.guest.waits(forLine: "LAB waiting") }
            try Lab.setPolicy("")
            try Lab.run(Lab.tool, ["apply", "--all"])
            try prove(travellers, events)
        }

        @Test(arguments: ["restarted", "killed"])
        func `A restart of libvirtd protects guests with and without a watchdog`(
            _ end: String
        ) throws {
            let without = try machines.map {
                try Traveller(
                    end == "killed" ? .daemonKilled : .daemonRestarted, $0, "without-\(end)",
                    .created)
            }
            try Lab.setPolicy("")
            let with = try machines.map {
                try Traveller(
                    end == "killed" ? .protectedDaemonKilled : .protectedDaemonRestarted, $0,
                    "with-\(end)")
            }
            for traveller in with {
                try traveller.guest.waits(forLog: "op=protect", "result=attached")
            }
            let processes = try (with + without).map { try $0.guest.process() }
            try Lab.script(["restart-libvirtd"] + (end == "killed" ? ["--kill"] : []))
            let events = try LabEvents()
            for traveller in without {
                try traveller.guest.waits(forLog: "op=protect", "result=attached")
            }
            #expect(try (with + without).map { try $0.guest.process() } == processes)
            try prove(with + without, events)
        }

        @Test func `Four runs of apply at once leave one device`() throws {
            let events = try LabEvents()
            let travellers = try machines.map { try Traveller(.atOnce, $0, "once", .created) }
            for traveller in travellers { try traveller.guest.waits(forLine: "LAB waiting") }
            try Lab.setPolicy("")
            let tools = try (1...4).map { _ in
                try Background(Command(Lab.tool, ["apply", "--all"]))
            }
            for tool in tools { #expect(tool.status() == 0) }
            try prove(travellers, events)
        }

        @Test
        func `Guests are protected after libvirtd is killed while one-shots are at work`() throws {
            try Lab.setPolicy("")
            // A one-shot is done in some 30 ms, so that it is held back until libvirtd is dead.
            let latch = Lab.folder.appending(path: "libvirtd-is-dead").path
            let program = try LabStandIn(for: LabOneShot.program) { real in
                "#!/bin/sh\nuntil [ -e \(latch) ]; do sleep 0.05; done\nexec \(real) \"$@\"\n"
            }
            defer { withExtendedLifetime(program) {} }
            let travellers = try machines.map {
                try Traveller(.killedMeanwhile, $0, "meanwhile", .created)
            }
            try Lab.script(["stop-libvirtd", "--kill"])
            for traveller in travellers {
                let log = try Lab.log(of: traveller.guest.name)
                try #require(log.allSatisfy { !$0.contains("op=protect") })
            }
            try Data().write(to: URL(filePath: latch))
            usleep(300_000)
            try Lab.script(["start-libvirtd"])
            let events = try LabEvents()
            for traveller in travellers {
                try Lab.wait(for: "the watchdog of \(traveller.guest.name)") {
                    try traveller.guest.watchdogs().count == 1
                }
            }
            try prove(travellers, events)
        }

        @Test
        func `A guest keeps its watchdog over many resets by the watchdog and by virsh`() throws {
            try Lab.setPolicy("")
            let events = try LabEvents()
            let travellers = try machines.map {
                try Traveller(.resetOften, $0, "many", .created)
            }
            for _ in 1...(isWhole ? 5 : 2) { try prove(travellers, events) }
            for traveller in travellers {
                let boots = try traveller.guest.boots().count
                try traveller.guest.virsh("reset", traveller.guest.name)
                try traveller.guest.waits(forLine: "LAB armed i6300ESB", inBoot: boots + 1)
            }
            try prove(
                travellers.map {
                    var traveller = $0
                    traveller.way = .virshReset
                    return traveller
                }, events)
        }
    }
}
