// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests.Faults {
    /// One-shots, killed.
    struct OneShots {
        init() throws {
            try Lab.setPolicy("")
        }

        /// Starts a guest whose one-shot is killed at a moment of its life.
        ///
        /// - Returns: Whether it was, and whether the guest had no watchdog yet.
        private func start(
            _ guest: LabGuest, _ trap: LabTrap, killedWithin milliseconds: Int,
            by chance: inout SplitMix64
        ) throws -> (killed: Bool, early: Bool) {
            if try guest.state() == "running" { try guest.virsh("destroy", guest.name) }
            try trap.set(after: .milliseconds(Int.random(in: 0..<milliseconds, using: &chance)))
            try guest.virsh("start", guest.name)
            let caught = try trap.waitsForOneShot()
            return (caught != nil, try guest.watchdogs().isEmpty)
        }

        @Test
        func `A one-shot killed at random is logged, and the next one leaves one watchdog`() throws
        {
            var chance = chance(of: "one-shot killed")
            let guests = try (0..<4).map { try guest("p-\($0)", $0) }
            for guest in guests {
                try guest.virsh("start", guest.name)
                try guest.waitsUntilProtected()
            }
            let trap = try LabTrap("KILL")
            let wanted = times(8, whole: 30)
            let before = try Lab.log().count
            var killed = 0
            var early = 0
            // How long its work takes is the machine's affair, so that more are killed until one was early.
            for turn in 0..<wanted * 5 where killed < wanted || early == 0 {
                let guest = guests[turn % guests.count]
                let outcome = try start(
                    guest, trap, killedWithin: turn.isMultiple(of: 3) ? 8 : 60, by: &chance)
                guard outcome.killed else { continue }
                try guest.waits(forLog: "op=started", "result=failed", "signal \(SIGKILL)")
                killed += 1
                early += outcome.early ? 1 : 0
                if killed.isMultiple(of: 2) {
                    try Lab.run(Lab.tool, ["apply", guest.name])
                } else {
                    try Lab.script(["restart-libvirtd"])
                }
                for guest in guests { try guest.waitsUntilProtected() }
            }
            say("one-shot killed: \(killed) times, \(early) of them before the watchdog was there")
            #expect(killed >= wanted)
            #expect(early > 0, "none was killed before its work was done")
            try LabOneShot.waitUntilNoneIsLeft()
            #expect(try alarms(after: before).count == killed)
        }
    }
}
