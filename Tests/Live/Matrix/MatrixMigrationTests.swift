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

        @Test("a guest keeps its watchdog on the way, and one without gets it where it arrives")
        func arrivals() throws {
            let folder = try TemporaryFolder()
            let none = try folder.write("none", "<watchdog model='i6300esb' action='none'/>")
            let events = try LabEvents(on: west)
            let with = try machines.flatMap {
                [
                    try traveller(.migrated, $0, "with"),
                    try traveller(.migratedForGood, $0, "persistent", .defined),
                ]
            }
            for traveller in with { try traveller.guest.waitsUntilArmed() }
            try east.setPolicy("vm.watchdog.existing=align\n")
            let aligned = try machines.map {
                try traveller(
                    .alignedMigrated, $0, "carried",
                    options: ["--extra-devices", none.path])
            }
            for traveller in aligned {
                try traveller.guest.waits(forLog: "op=protect", "result=aligned")
                try traveller.guest.waitsUntilArmed()
            }
            try east.setPolicy("vm.watchdog.model=none\n")
            let without = try machines.map {
                try traveller(.migratedWithout, $0, "without")
            }
            for traveller in without { try traveller.guest.waits(forLine: "LAB waiting") }

            try migrate(with.filter { $0.guest.name.contains("with-") })
            try migrate(
                with.filter { $0.guest.name.contains("persistent") },
                ["--persistent", "--undefinesource"])
            try migrate(aligned + without)
            for traveller in with {
                try traveller.guest.waits(forLog: "op=started", "plan=leave", "already has")
                #expect(
                    try west.log(of: traveller.guest.name).contains { $0.contains("op=protect") }
                        == false, "there was nothing to do")
            }
            for traveller in without {
                try traveller.guest.waits(forLog: "op=protect", "result=attached")
            }
            for traveller in with + aligned + without {
                #expect(try traveller.guest.boots().count == 1, "it moved, and did not start anew")
            }
            try prove(with + aligned, events)
            try prove(without, events)
        }

        @Test("where the destination's policy is to pause, the guest pauses there")
        func otherAction() throws {
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

        @Test("a slow migration is waited for, one that is cancelled leaves nothing behind")
        func slow() throws {
            let events = try LabEvents(on: west)
            try east.setPolicy("vm.watchdog.model=none\n")
            let slow = try traveller(.migratedSlowly, "pc", "slow")
            let guest = slow.guest
            try guest.waits(forLine: "LAB waiting")

            let cancelled = try Background(migration(guest, ["--bandwidth", "1"]))
            try Lab.wait(for: "the protector at the destination") { try protectors() == 1 }
            try east.virsh(["domjobabort", guest.name])
            #expect(cancelled.status() != 0)
            try Lab.wait(for: "the protector's end") { try protectors() == 0 }
            #expect(try west.log(of: guest.name).last?.contains("result=gone") == true)
            #expect(try !west.virsh(["list", "--all", "--name"]).contains(guest.name))
            #expect(try guest.state() == "running")
            #expect(try guest.watchdogs().isEmpty)
            try record(.migrationCancelled, "pc", "runs on where it was, as it was")

            let migration = try Background(migration(guest, ["--bandwidth", "1"]))
            try Lab.wait(for: "the protector at the destination") { try protectors() == 1 }
            sleep(33)
            #expect(try west.virsh(["domstate", guest.name, "--reason"]).contains("(migrating)"))
            #expect(try protectors() == 1, "it waits for longer than libvirt itself would")
            try east.virsh(["migrate-setspeed", guest.name, "1000"])
            #expect(migration.status() == 0)
            guest.host = west
            try guest.waits(forLog: "op=protect", "result=attached")
            try prove([slow], events)
        }

        /// How many protectors are at work at the destination.
        private func protectors() throws -> Int {
            try west.run("/bin/sh", ["-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '"])
                .ranges(of: "/usr/bin/virt-watchdog protect --connect").count
        }
    }
}

/// A program that runs while the test goes on.
private final class Background {
    private let process = Process()

    init(_ command: Command) throws {
        process.executableURL = URL(filePath: command.path)
        process.arguments = command.arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    /// Waits for its end, and returns its exit status.
    func status() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }
}
