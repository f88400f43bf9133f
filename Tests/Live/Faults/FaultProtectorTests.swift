import Foundation
import TestSupport
import Testing

extension LiveTests.Faults {
    /// Protectors, killed.
    struct Protectors {
        init() throws {
            try Lab.setPolicy("")
        }

        /// Starts a guest whose protector is killed at a moment of its life.
        ///
        /// - Returns: Whether it was, and whether the guest had no watchdog yet.
        private func start(
            _ guest: LabGuest, _ trap: LabTrap, killedWithin milliseconds: Int,
            by chance: inout SplitMix64
        ) throws -> (killed: Bool, early: Bool) {
            if try guest.state() == "running" { try guest.virsh("destroy", guest.name) }
            try trap.set(after: .milliseconds(Int.random(in: 0..<milliseconds, using: &chance)))
            try guest.virsh("start", guest.name)
            let caught = try trap.waitsForProtector()
            return (caught != nil, try guest.watchdogs().isEmpty)
        }

        /// The notes of guests that protectors have in hand, or had, by name.
        private static func notes() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: "/run/libvirt/virt-watchdog")
                .filter { !$0.hasPrefix("protector-") }
        }

        @Test("killed at random moments: what comes next finds one watchdog or gives one")
        func killed() throws {
            var chance = chance(of: "protector killed")
            let guests = try (0..<4).map { try guest("p-\($0)", $0) }
            for guest in guests {
                try guest.virsh("start", guest.name)
                try guest.waitsUntilProtected()
            }
            let trap = try LabTrap("KILL")
            let wanted = times(8, whole: 30)
            var killed = 0
            var early = 0
            // How long its work takes is the machine's affair, so that more are killed until one was early.
            for turn in 0..<wanted * 5 where killed < wanted || early == 0 {
                let guest = guests[turn % guests.count]
                let outcome = try start(
                    guest, trap, killedWithin: turn.isMultiple(of: 3) ? 8 : 60, by: &chance)
                guard outcome.killed else { continue }
                killed += 1
                early += outcome.early ? 1 : 0
                if killed.isMultiple(of: 2) {
                    try Lab.run(Lab.tool, ["apply", guest.name])
                    let uuid = try guest.uuid()
                    #expect(try !Self.notes().contains(uuid), "nothing is left to take up")
                } else {
                    try Lab.script(["restart-libvirtd"])
                }
                for guest in guests { try guest.waitsUntilProtected() }
            }
            say("protector killed: \(killed) times, \(early) of them before the watchdog was there")
            #expect(killed >= wanted)
            #expect(early > 0, "none was killed before its work was done")
            try waitUntilQuiet()
        }

        @Test("killed with guests in hand: the protector of the next guest takes them up")
        func killedWithGuests() throws {
            try Lab.setPolicy("vm.watchdog.model=none\n")
            let guests = try (0..<4).map { try guest("h-\($0)", $0) }
            let left = guests.prefix(3)
            for guest in left { try guest.virsh("start", guest.name) }
            try waitUntilQuiet()
            let uuids = try left.map { try $0.uuid() }

            try Lab.setPolicy("")
            let before = try Lab.log().count
            try Lab.whileDaemonHangs {
                let protectors = try uuids.map { uuid in
                    let arguments = ["protect", "--connect", "qemu:///system", uuid]
                    let protector = try RunningCommand(Command(Lab.tool, arguments))
                    try Lab.wait(for: "the note of \(uuid)") {
                        try Self.notes().contains(uuid)
                    }
                    return protector
                }
                for protector in LabProtector.all() { protector.send(SIGKILL) }
                for protector in protectors { _ = try protector.finish(within: .seconds(20)) }
            }
            for guest in left { #expect(try guest.watchdogs().isEmpty) }
            // Whoever takes the watchdog out does not want it back at the start of another guest.
            try Lab.run(Lab.tool, ["remove", left[2].name])
            #expect(try !Self.notes().contains(uuids[2]))
            try guests[3].virsh("start", guests[3].name)
            for guest in guests where guest.name != left[2].name { try guest.waitsUntilProtected() }
            let resumed = try Lab.log().dropFirst(before).filter { $0.contains("result=resumed") }
            let counts = uuids.map { uuid in resumed.count { $0.contains("uuid=\(uuid) ") } }
            #expect(counts == [1, 1, 0])
            try waitUntilQuiet()
            #expect(try left[2].watchdogs().isEmpty)
            #expect(try Self.notes() == [])
        }
    }
}
