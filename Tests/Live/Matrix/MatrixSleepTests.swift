// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests.Matrix {
    /// The ways in which a guest sleeps and wakes: its memory lies in a file meanwhile.
    struct Sleeps {
        init() throws {
            try Lab.setPolicy("")
        }

        /// Saves a guest into a file, and restores it.
        private func sleep(_ guest: LabGuest, editing: Bool = false) throws {
            let image = Lab.folder.appending(path: "\(guest.name).save").path
            try guest.virsh("save", guest.name, image)
            guard editing else {
                try guest.virsh("restore", image)
                return
            }
            let text = try Lab.virsh("save-image-dumpxml", image)
            let folder = try TemporaryFolder()
            let edited = try folder.write(
                "edited.xml",
                text.replacingOccurrences(of: "<memory ", with: "<title>edited</title><memory "))
            try guest.virsh("restore", image, "--xml", edited.path)
            #expect(try guest.definition().contains("<title>edited</title>"))
        }

        @Test
        func `A guest that sleeps with its watchdog wakes with it, and one without gets one`()
            throws
        {
            let events = try LabEvents()
            let with = try machines.flatMap { machine in
                [
                    try Traveller(.managedSave, machine, "managed"),
                    try Traveller(.save, machine, "save"),
                    try Traveller(.saveEdited, machine, "edit"),
                ]
            }
            for traveller in with { try traveller.guest.waitsUntilArmed() }
            try Lab.setPolicy("vm.watchdog.model=none\n")
            let without = try machines.map {
                try Traveller(.managedSaveWithout, $0, "bare")
            }
            for traveller in without {
                try traveller.guest.waits(forLine: "LAB waiting")
                try traveller.guest.virsh("managedsave", traveller.guest.name)
            }
            try Lab.setPolicy("")
            for traveller in with {
                switch traveller.way {
                case .managedSave:
                    try traveller.guest.virsh("managedsave", traveller.guest.name)
                    try traveller.guest.virsh("start", traveller.guest.name)
                default: try sleep(traveller.guest, editing: traveller.way == .saveEdited)
                }
            }
            for traveller in without {
                try traveller.guest.virsh("start", traveller.guest.name)
                try traveller.guest.waits(forLog: "op=protect", "result=attached")
            }
            for traveller in with + without {
                #expect(try traveller.guest.boots().count == 1, "it woke, and did not start anew")
            }
            try prove(with, events)
            try prove(without, events)
        }

        @Test
        func `A guest that is restored paused is not taken for a migration, and gets its watchdog`()
            throws
        {
            try Lab.setPolicy("vm.watchdog.model=none\n")
            let events = try LabEvents()
            let travellers = try machines.map {
                try Traveller(.restoredPaused, $0, "restored", .created)
            }
            for traveller in travellers { try traveller.guest.waits(forLine: "LAB waiting") }
            try Lab.setPolicy("")
            for traveller in travellers {
                let guest = traveller.guest
                let image = Lab.folder.appending(path: "\(guest.name).save").path
                try guest.virsh("save", guest.name, image)
                try guest.virsh("restore", image, "--paused")
                try guest.waits(forLog: "op=protect", "result=attached")
                try guest.virsh("resume", guest.name)
            }
            try prove(travellers, events)
        }

        @Test func `An action that the monitor gave is in the definition after the sleep`() throws {
            let folder = try TemporaryFolder()
            let none = try folder.write("none", "<watchdog model='i6300esb' action='none'/>")
            try Lab.setPolicy("vm.watchdog.existing=align\n")
            let events = try LabEvents()
            let travellers = try machines.map {
                try Traveller(
                    .alignedSaved, $0, "slept",
                    options: ["--extra-devices", none.path])
            }
            for traveller in travellers {
                try traveller.guest.waits(forLog: "op=protect", "result=aligned")
                try traveller.guest.waitsUntilArmed()
            }
            try Lab.setPolicy("")
            for traveller in travellers { try sleep(traveller.guest) }
            try prove(travellers, events)
        }
    }

    /// Snapshots with a disk of the test's own.
    struct Snapshots {
        init() throws {
            try Lab.setPolicy("vm.watchdog.model=none\n")
        }

        /// Starts a guest with a disk that can hold a snapshot.
        private func guest(
            _ way: Way, _ machine: String, _ name: String, _ folder: TemporaryFolder,
            watchdog: String = ""
        ) throws -> Traveller {
            let disk = Lab.folder.appending(path: "m-\(name)-\(machine).qcow2").path
            try Lab.run("/usr/bin/qemu-img", ["create", "-q", "-f", "qcow2", disk, "256M"])
            // Neither of the two needs a slot or a port.
            let bus = machine == "q35" ? "sata" : "ide"
            let device = try folder.write(
                "\(name)-\(machine)",
                """
                <disk type='file' device='disk'>
                  <driver name='qemu' type='qcow2'/>
                  <source file='\(disk)'/>
                  <target dev='\(bus == "ide" ? "hda" : "sda")' bus='\(bus)'/>
                </disk>
                \(watchdog)
                """)
            return try Traveller(
                way, machine, name, options: ["--extra-devices", device.path])
        }

        @Test
        func `A guest reverted to a snapshot has one watchdog, whether running or shut off before`()
            throws
        {
            let folder = try TemporaryFolder()
            let events = try LabEvents()
            let before = try machines.map {
                try guest(.revertBefore, $0, "before", folder)
            }
            for traveller in before {
                try traveller.guest.waits(forLine: "LAB waiting")
                try traveller.guest.virsh("snapshot-create-as", traveller.guest.name, "one")
            }
            try Lab.setPolicy("")
            let with = try machines.flatMap {
                [
                    try guest(.revert, $0, "with", folder),
                    try guest(.revertOff, $0, "off", folder),
                ]
            }
            for traveller in with {
                try traveller.guest.waitsUntilArmed()
                try traveller.guest.virsh("snapshot-create-as", traveller.guest.name, "one")
                if traveller.way == .revertOff {
                    try traveller.guest.virsh("destroy", traveller.guest.name)
                }
            }
            for traveller in before {
                try Lab.run(Lab.tool, ["apply", traveller.guest.name])
                try traveller.guest.waitsUntilArmed()
            }
            for traveller in before + with {
                try traveller.guest.virsh("snapshot-revert", traveller.guest.name, "one")
            }
            try prove(before + with, events)
        }

        @Test
        func `An action that the monitor gave is given again to the QEMU that a revert starts`()
            throws
        {
            let folder = try TemporaryFolder()
            try Lab.setPolicy("vm.watchdog.existing=align\n")
            let events = try LabEvents()
            let travellers = try machines.map {
                try guest(
                    .alignedReverted, $0, "reverted", folder,
                    watchdog: "<watchdog model='i6300esb' action='none'/>")
            }
            for traveller in travellers {
                try traveller.guest.waits(forLog: "op=protect", "result=aligned")
                try traveller.guest.waitsUntilArmed()
                try traveller.guest.virsh("snapshot-create-as", traveller.guest.name, "one")
            }
            for traveller in travellers {
                let before = try traveller.guest.host.log(of: traveller.guest.name).count
                try traveller.guest.virsh("snapshot-revert", traveller.guest.name, "one")
                try Lab.wait(for: "the one-shot after the revert") {
                    try traveller.guest.host.log(of: traveller.guest.name).dropFirst(before)
                        .contains { $0.contains("result=aligned") }
                }
            }
            try prove(travellers, events, action: "none")
        }
    }
}
