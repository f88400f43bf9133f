// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests.Matrix {
    /// Guests that move between two hosts, each with a libvirtd and a hook of its own.
    struct Migrations {
        private let east: LabHost
        private let west: LabHost

        init() throws {
            try Lab.setPolicy("")
            // A host lives as long as the lab; each test has its own two.
            let suffix = UUID().uuidString.prefix(4).lowercased()
            east = try LabHost(adding: "east\(suffix)")
            west = try LabHost(adding: "west\(suffix)")
        }

        /// The command that has a guest migrate to the western host.
        private func migration(_ guest: LabGuest, _ options: [String] = []) -> Command {
            let uri = "qemu+tcp://\(west.name ?? "")/system"
            return east.command(
                "/usr/bin/virsh", ["--quiet", "migrate", "--live"] + options + [guest.name, uri])
        }

        private func migrate(
            _ travellers: [Traveller], _ options: [String] = [],
            at location: SourceLocation = #_sourceLocation
        ) throws {
            for traveller in travellers {
                let command = migration(traveller.guest, options)
                try Lab.run(command.path, command.arguments, at: location)
                traveller.guest.host = west
            }
        }

        private func traveller(
            _ way: Way, _ machine: String, _ name: String, _ birth: LabGuest.Birth = .created,
            options: [String] = []
        ) throws -> Traveller {
            try Traveller(way, machine, name, birth, options: options, on: east)
        }

        @Test func `A migrating guest keeps its watchdog, or gets one at the destination`() throws {
            let folder = try TemporaryFolder()
            let none = try folder.write("none", "<watchdog model='i6300esb' action='none'/>")
            let events = try LabEvents(on: west)
            try east.setPolicy("vm.watchdog.model=none\n")
            let without = try machines.map {
                try traveller(.migratedWithout, $0, "without")
            }
            let slow = try traveller(.migratedSlowly, "pc", "slow")
            for traveller in without + [slow] { try traveller.guest.waits(forLine: "LAB waiting") }
            // It takes for ever, until it is told to hurry up.
            let slowMigration = try Background(migration(slow.guest, ["--bandwidth", "1"]))
            try Lab.wait(for: "the one-shot at the destination") { try oneShots() == 1 }
            let start = ContinuousClock.now

            try east.setPolicy("")
            let with = try machines.map { try traveller(.migrated, $0, "with") }
            let forGood = try machines.map {
                try traveller(.migratedForGood, $0, "persistent", .defined)
            }
            try east.setPolicy("vm.watchdog.existing=align\n")
            let aligned = try machines.map {
                try traveller(
                    .alignedMigrated, $0, "carried", options: ["--extra-devices", none.path])
            }
            for traveller in aligned {
                try traveller.guest.waits(forLog: "op=protect", "result=aligned")
            }
            for traveller in with + forGood + aligned { try traveller.guest.waitsUntilArmed() }

            try migrate(with + aligned + without)
            try migrate(forGood, ["--persistent", "--undefinesource"])
            for traveller in with + forGood {
                try traveller.guest.waits(forLog: "op=started", "plan=leave", "already has")
                #expect(
                    try west.log(of: traveller.guest.name).contains { $0.contains("op=protect") }
                        == false, "there was nothing to do")
            }
            for traveller in without {
                try traveller.guest.waits(forLog: "op=protect", "result=attached")
            }
            try Lab.wait(for: "the end of the other one-shots") { try oneShots() == 1 }
            for traveller in with + forGood + aligned + without {
                #expect(try traveller.guest.boots().count == 1, "it moved, and did not start anew")
            }
            try prove(with + forGood + aligned, events)

            let passed = start.duration(to: .now)
            if passed < Self.longerThanLibvirt {
                sleep(UInt32((Self.longerThanLibvirt - passed).components.seconds) + 1)
            }
            let state = try west.virsh(["domstate", slow.guest.name, "--reason"])
            #expect(state.contains("(migrating)"))
            #expect(try oneShots() == 1, "it waits for longer than libvirt itself would")
            try east.virsh(["migrate-setspeed", slow.guest.name, "1000"])
            #expect(slowMigration.status() == 0)
            slow.guest.host = west
            try slow.guest.waits(forLog: "op=protect", "result=attached")
            try Lab.wait(for: "the one-shot's end") { try oneShots() == 0 }
            try prove(without + [slow], events)
        }

        /// Longer than libvirt holds a call while something else is done to a guest.
        private static let longerThanLibvirt = Duration.seconds(33)

        @Test func `A cancelled migration leaves nothing behind`() throws {
            try east.setPolicy("vm.watchdog.model=none\n")
            let guest = try traveller(.migrationCancelled, "pc", "cancelled").guest
            try guest.waits(forLine: "LAB waiting")
            let migration = try Background(migration(guest, ["--bandwidth", "1"]))
            try Lab.wait(for: "the one-shot at the destination") { try oneShots() == 1 }
            try east.virsh(["domjobabort", guest.name])
            #expect(migration.status() != 0)
            try Lab.wait(for: "the one-shot's end") { try oneShots() == 0 }
            #expect(try west.log(of: guest.name).last?.contains("result=gone") == true)
            #expect(try !west.virsh(["list", "--all", "--name"]).contains(guest.name))
            #expect(try guest.state() == "running")
            #expect(try guest.watchdogs().isEmpty)
            try record(.migrationCancelled, "pc", "runs on where it was, as it was")
        }

        @Test func `A guest pauses at a destination whose policy is to pause`() throws {
            let events = try LabEvents(on: west)
            try west.setPolicy("vm.watchdog.action=pause\n")
            let travellers = try machines.map {
                try traveller(.migratedToPause, $0, "pausing")
            }
            for traveller in travellers { try traveller.guest.waitsUntilArmed() }
            try migrate(travellers)
            for traveller in travellers {
                #expect(try traveller.guest.watchdogs().map(\.action) == ["pause"])
                try traveller.guest.virsh("inject-nmi", traveller.guest.name)
            }
            for traveller in travellers {
                try provePause(traveller, events)
            }
        }

        /// Returns how many one-shots are at work at the destination.
        private func oneShots() throws -> Int {
            try west.run("/bin/sh", ["-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '"])
                .ranges(of: "\(LabOneShot.program) --guest").count
        }
    }
}
