import Foundation
import TestSupport
import Testing

extension LiveTests.Faults {
    /// libvirtd, killed.
    struct Daemon {
        init() throws {
            try Lab.setPolicy("")
        }

        /// Kills libvirtd with nothing before it, and waits until it has gone.
        private func killDaemon() throws {
            let process = try Lab.daemon()
            try #require(kill(process, SIGKILL) == 0)
            try Lab.wait(for: "the end of libvirtd") { kill(process, 0) != 0 }
        }

        /// How long it takes from the call that starts a guest until it is protected.
        private func lengthOfStart() throws -> Duration {
            let guest = try guest("f-first")
            let start = ContinuousClock.now
            let command = try guest.starts()
            try guest.waits(forLog: "op=protect", "result=attached")
            _ = try command.finish()
            return ContinuousClock.now - start
        }

        /// Starts a guest while libvirtd is killed, and again if it did not come to run.
        ///
        /// - Returns: Whether it did at once.
        private func start(
            _ guest: LabGuest, killingWithin length: Duration, _ chance: inout SplitMix64
        ) throws -> Bool {
            let command = try guest.starts()
            wait(upTo: length, by: &chance)
            try killDaemon()
            let ranBefore = try guest.countOfStarts() > 0
            try Lab.script(["start-libvirtd"])
            if Int.random(in: 0..<4, using: &chance) == 0 {
                // While it looks after the guests that it found.
                wait(upTo: .milliseconds(300), by: &chance)
                try killDaemon()
                try Lab.script(["start-libvirtd"])
            }
            let succeeded = try command.finish().outcome.status == 0
            try Lab.wait(for: "libvirt's word about \(guest.name)") {
                try ["running", "shut off"].contains(guest.state())
            }
            let runs = try guest.state() == "running"
            if succeeded || ranBefore { #expect(runs, "\(guest.name) ran, and is lost") }
            if !runs { try guest.virsh("start", guest.name) }
            return runs
        }

        @Test("killed at random moments of starts: no guest that ran is lost, all are protected")
        func killed() throws {
            var chance = chance(of: "libvirtd killed")
            let length = try lengthOfStart() * 1.25
            var guests: [(guest: LabGuest, process: String)] = []
            var startedAgain = 0
            for number in 1...times(12, whole: 50) {
                let guest = try guest("f-\(number)", number)
                if try !start(guest, killingWithin: length, &chance) { startedAgain += 1 }
                guests.append((guest, try guest.process()))
                for (guest, process) in guests {
                    try #require(guest.process() == process, "\(guest.name) is another")
                    try #require(pid_t(process).map { kill($0, 0) } == 0, "\(guest.name)")
                }
            }
            var needed: [String] = []
            for (guest, process) in guests {
                do {
                    try guest.waitsUntilProtected()
                } catch {
                    needed.append(guest.name)
                    try Lab.run(Lab.tool, ["apply", guest.name])
                    try guest.waitsUntilProtected()
                }
                #expect(try guest.state() == "running")
                #expect(try guest.process() == process)
            }
            say(
                "libvirtd killed: \(guests.count) guests, \(startedAgain) started again,"
                    + " \(needed.count) protected by apply alone \(needed),"
                    + " \(try alarms().count) alarms")
            #expect(needed == [], "these were not protected before apply")
            try waitUntilQuiet()
        }
    }
}
