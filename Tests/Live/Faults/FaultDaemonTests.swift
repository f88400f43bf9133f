// SPDX-License-Identifier: Apache-2.0

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
        static func killDaemon() throws {
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

        /// Has libvirt forget that it was about to start a guest.
        ///
        /// Killed before it has noted the process of the QEMU that it started, which ends with it,
        /// libvirt waits for that QEMU for ever, through each restart (9.0 and 11.3).
        private static func forgetStart(of guest: LabGuest) throws {
            say("libvirtd killed: libvirt waits for a QEMU of \(guest.name) that is not there")
            let status = "/run/libvirt/qemu/\(guest.name).xml"
            let text = try String(contentsOfFile: status, encoding: .utf8)
            #expect(text.contains("reason='starting up'") && text.contains("pid='0'"))
            try #require(guest.countOfStarts() == 0)
            try killDaemon()
            try FileManager.default.removeItem(atPath: status)
            try Lab.script(["start-libvirtd"])
        }

        /// Starts a guest while libvirtd is killed, and again if it did not start.
        ///
        /// - Returns: Whether it did at once.
        static func start(
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
            func isSettled() throws -> Bool {
                try ["running", "shut off"].contains(guest.state())
            }
            if !RunningCommand.wait(within: .seconds(20), until: { (try? isSettled()) == true }) {
                try forgetStart(of: guest)
            }
            try Lab.wait(for: "libvirt's word about \(guest.name)", until: isSettled)
            let runs = try guest.state() == "running"
            if succeeded || ranBefore { #expect(runs, "\(guest.name) ran, and is lost") }
            if !runs { try guest.virsh("start", guest.name) }
            return runs
        }

        /// Whether the guest stays with a watchdog that QEMU took from a libvirtd that was killed
        /// before it had written that down.
        static func hasForgottenWatchdog(
            _ guest: LabGuest, after limit: Duration = .seconds(30)
        ) throws -> Bool {
            _ = RunningCommand.wait(within: limit) {
                (try? guest.watchdogs().count) == 1
            }
            return try guest.watchdogs().isEmpty && guest.emulatedWatchdogs() == 1
        }

        /// Has `apply` attach it again. These guests have no system that would release a device. A
        /// reset releases it instead.
        private func reattachWatchdog(of guest: LabGuest) throws {
            let apply = try RunningCommand(Command(Lab.tool, ["apply", guest.name]))
            usleep(2_000_000)
            try guest.virsh("reset", guest.name)
            let outcome = try apply.finish(within: .seconds(60)).outcome
            #expect(outcome.status == 0, "\(outcome.text)")
        }

        @Test
        func
            `A daemon killed at random moments loses no running guest, and all are protected`()
            throws
        {
            var chance = chance(of: "libvirtd killed")
            let length = try lengthOfStart() * 1.25
            var guests: [(guest: LabGuest, process: String)] = []
            var startedAgain = 0
            for number in 1...times(12, whole: 50) {
                let guest = try guest("f-\(number)", number)
                if try !Self.start(guest, killingWithin: length, &chance) { startedAgain += 1 }
                guests.append((guest, try guest.process()))
                for (guest, process) in guests {
                    try #require(guest.process() == process, "\(guest.name) is another")
                    try #require(pid_t(process).map { kill($0, 0) } == 0, "\(guest.name)")
                }
            }
            var forgotten: [String] = []
            for (guest, process) in guests {
                if try Self.hasForgottenWatchdog(guest) {
                    forgotten.append(guest.name)
                    try reattachWatchdog(of: guest)
                }
                try guest.waitsUntilProtected()
                #expect(try guest.state() == "running")
                #expect(try guest.process() == process)
            }
            say(
                "libvirtd killed: \(guests.count) guests, \(startedAgain) started again,"
                    + " \(forgotten.count) with a watchdog that libvirt forgot \(forgotten),"
                    + " \(try alarms().count) alarms")
            try LabOneShot.waitUntilNoneIsLeft()
        }

        // A kill meets these milliseconds too seldom: QEMU is told what libvirtd would have told it.
        @Test(arguments: LiveTests.Matrix.machines)
        func `A watchdog that libvirtd forgot when it was killed is attached again`(
            machine: String
        ) throws {
            try Lab.setPolicy("vm.watchdog.model=none\n")
            let guest = try LabGuest("forgotten-\(machine)", options: ["--machine", machine])
            try guest.waits(forLine: "LAB waiting")
            let place = machine == "q35" ? "bus=pci.1" : "bus=pci.0"
            try guest.virsh(
                "qemu-monitor-command", guest.name, "--hmp",
                "device_add i6300esb,id=ua-virt-watchdog,\(place)")
            try guest.waitsUntilArmed()
            try #require(guest.watchdogs().isEmpty)
            try #require(guest.emulatedWatchdogs() == 1)

            try Lab.setPolicy("")
            try Lab.run(Lab.tool, ["apply", guest.name])
            try guest.waitsUntilProtected()
            #expect(try guest.watchdogs().map(\.alias) == ["ua-virt-watchdog"])
            #expect(try guest.state() == "running")
        }
    }
}
