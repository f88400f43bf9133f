// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests.Matrix {
    /// Watchdogs from a guest's first instruction on, or again after a shutdown by the guest.
    struct Boots {
        init() throws {
            try Lab.setPolicy("")
        }

        @Test
        func `virsh reboot presses the guest's power button, and libvirt starts the guest again`()
            throws
        {
            let events = try LabEvents()
            let travellers = try machines.map {
                try Traveller(.virshReboot, $0, "reboot", options: ["--append", "lab.acpi"])
            }
            for traveller in travellers {
                try traveller.guest.waitsUntilArmed()
                try traveller.guest.virsh("reboot", traveller.guest.name, "--mode", "acpi")
            }
            for traveller in travellers {
                try traveller.guest.waits(forLine: "LAB armed i6300ESB", inBoot: 2)
                #expect(try events.resets(of: traveller.guest) == 0, "it was not its watchdog")
            }
            try prove(travellers, events)
        }

        @Test
        func `A persisted watchdog is there from the first instruction on, without the hook`()
            throws
        {
            try Lab.setPolicy("vm.watchdog.persist=true\n")
            let events = try LabEvents()
            let travellers = try machines.map {
                try Traveller(.persisted, $0, "persisted")
            }
            for traveller in travellers {
                try traveller.guest.waits(forLog: "op=persist", "result=written")
                try traveller.guest.virsh("destroy", traveller.guest.name)
            }
            let hook = "/etc/libvirt/hooks/qemu"
            try Lab.run("/bin/mv", [hook, hook + "-away"])
            defer { _ = try? Command("/bin/mv", [hook + "-away", hook]).run() }
            let before = try travellers.map { try $0.guest.boots().count }
            for traveller in travellers {
                try traveller.guest.virsh("start", traveller.guest.name)
            }
            for (traveller, boots) in zip(travellers, before) {
                try traveller.guest.waits(forLine: "LAB armed i6300ESB", inBoot: boots + 1)
            }
            try prove(travellers, events)
        }

        @Test
        func `apply --config gives a defined watchdog the policy's action, and remove restores it`()
            throws
        {
            let folder = try TemporaryFolder()
            let none = try folder.write("none", "<watchdog model='i6300esb' action='none'/>")
            try Lab.setPolicy("vm.watchdog.existing=align\n")
            let events = try LabEvents()
            let travellers = try machines.map {
                try Traveller(
                    .alignedDefined, $0, "defined",
                    .shutOff, options: ["--extra-devices", none.path])
            }
            for traveller in travellers {
                let guest = traveller.guest
                func persistent() throws -> String {
                    try guest.virsh("dumpxml", guest.name, "--inactive")
                }
                // libvirt sorts controllers when it reads its own definition, as for virsh edit.
                let sorted = try folder.write("\(guest.name).xml", persistent())
                try guest.virsh("define", sorted.path)
                let before = try persistent()
                for _ in 1...2 { try Lab.run(Lab.tool, ["apply", "--config", guest.name]) }
                let aligned = try persistent()
                #expect(aligned.contains("action='reset'") && !aligned.contains("action='none'"))
                try Lab.run(Lab.tool, ["remove", guest.name])
                #expect(try persistent() == before)
                try Lab.run(Lab.tool, ["apply", "--config", guest.name])
                try guest.virsh("start", guest.name)
                try guest.waits(forLog: "op=started", "plan=leave", "already has")
            }
            try prove(travellers, events)
        }

        @Test
        func `A policy to pause holds, also beside the iTCO that libvirt gives a q35 guest`() throws
        {
            try Lab.setPolicy("vm.watchdog.action=pause\n")
            let events = try LabEvents()
            let travellers = try machines.map {
                try Traveller(.pause, $0, "pause", .created)
            }
            for traveller in travellers {
                try traveller.guest.waitsUntilArmed()
                let row = try #require(LabStatus([traveller.guest.name]).guests.first)
                #expect(Set(row.watchdogs?.map(\.action) ?? []) == ["pause"])
                try traveller.guest.virsh("inject-nmi", traveller.guest.name)
            }
            for traveller in travellers { try provePause(traveller, events) }
            let verified = try Lab.run(Lab.tool, ["verify"])
            // Each machine's, and the last line's.
            #expect(verified.ranges(of: "the guest is paused").count == machines.count + 1)
        }
    }

    /// Sees that the watchdog of a guest that hangs has it paused, and writes its cell.
    static func provePause(
        _ traveller: Traveller, _ events: LabEvents, at location: SourceLocation = #_sourceLocation
    ) throws {
        try events.waits(for: "watchdog", "pause", of: traveller.guest, at: location)
        try Lab.wait(for: "the pause of \(traveller.guest.name)", at: location) {
            try traveller.guest.virsh("domstate", traveller.guest.name, "--reason")
                .contains("paused (watchdog)")
        }
        try record(traveller.way, traveller.machine, "protected: paused")
    }
}
