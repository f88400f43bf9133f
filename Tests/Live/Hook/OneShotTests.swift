// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests.Hook {
    /// One-shots, on a host without the service.
    struct OneShots {
        init() throws {
            try Lab.setPolicy("")
            try LabOneShot.waitUntilNoneIsLeft(10)
        }

        /// Expects that a one-shot gave each guest its device, and that no process is left.
        private func expectProtection(
            of guests: [LabGuest], at location: SourceLocation = #_sourceLocation
        ) throws {
            for guest in guests { try guest.waitsUntilProtected(20, at: location) }
            try LabOneShot.waitUntilNoneIsLeft(10, at: location)
            let lines = try guests.flatMap { try attachments(to: $0) }
            #expect(lines.count == guests.count, "\(lines)", sourceLocation: location)
            let writers = LiveTests.Service.writers(of: lines)
            #expect(writers.count == guests.count, "a process for each", sourceLocation: location)
        }

        @Test
        func
            `A one-shot treats a guest that starts, is restored, or outlives its daemon, and leaves`()
            throws
        {
            let started = try guest("started")
            try started.virsh("start", started.name)
            try expectProtection(of: [started])

            try Lab.setPolicy("vm.watchdog.model=none\n")
            let managed = try guest("managed")
            let saved = try guest("saved", 1)
            let outliving = try (0..<2).map { try guest("outlives-\($0)", $0) }
            for guest in [managed, saved] + outliving { try guest.virsh("start", guest.name) }
            try managed.virsh("managedsave", managed.name)
            let image = Lab.folder.appending(path: "h-saved.save").path
            try saved.virsh("save", saved.name, image)
            try LabOneShot.waitUntilNoneIsLeft(10)
            #expect(try outliving.allSatisfy { try $0.watchdogs().isEmpty })

            try Lab.setPolicy("")
            try managed.virsh("start", managed.name)
            try saved.virsh("restore", image)
            try expectProtection(of: [managed, saved])

            let process = try outliving[0].process()
            try Lab.script(["restart-daemon"])
            try expectProtection(of: outliving)
            #expect(try outliving[0].process() == process)
        }

        @Test
        func `20 guests that start at once are protected, and none twice`() throws {
            let guests = try (0..<20).map { number in
                let name = "h-once-\(number)"
                return try LabGuest(
                    name, .shutOff, definition: LiveTests.Service.tinyDefinition(name))
            }
            let starts = try guests.map { try $0.starts() }
            for start in starts {
                let outcome = try start.finish(within: .seconds(60)).outcome
                #expect(outcome.status == 0, "\(outcome.errorText)")
            }
            try expectProtection(of: guests)
        }

        @Test
        func
            `libvirtd is killed while one-shots wait: they end, and the next one protects the guests`()
            throws
        {
            let sleeper = try LabOtherHook(
                "50-sleeps", "case $1-$2 in h-orphan-*-started) exec sleep 5 ;; esac")
            let guests = try (0..<4).map { try guest("orphan-\($0)", $0) }
            let starts = try guests.map { try $0.starts() }
            try Lab.wait(for: "one-shots that wait") { LabOneShot.all().count == guests.count }
            let processes = try guests.map { try $0.process() }
            try LiveTests.Faults.Daemon.killDaemon()
            defer { LiveTests.Service.startDaemonIfItIsGone() }
            try LabOneShot.waitUntilNoneIsLeft(5)
            for start in starts { _ = try start.finish() }
            withExtendedLifetime(sleeper) {}

            try Lab.script(["start-daemon"])
            try expectProtection(of: guests)
            #expect(try guests.map { try $0.process() } == processes)
        }

        @Test
        func `A one-shot for a daemon that has ended starts none, and says so`() throws {
            let guest = try guest("no-daemon")
            try guest.virsh("start", guest.name)
            try expectProtection(of: [guest])
            let uuid = try guest.uuid()
            let before = try Lab.log().count
            let daemon = try Lab.daemon()
            try LiveTests.Faults.Daemon.killDaemon()
            defer { LiveTests.Service.startDaemonIfItIsGone() }
            let arguments = ["--guest", uuid, "--daemon", "\(daemon)"]
            let oneShot = try RunningCommand(Command(LabOneShot.program, arguments))
            #expect(try oneShot.finish(within: .seconds(5)).outcome.status == 1)
            let said = try Lab.log().dropFirst(before).filter { $0.contains("uuid=\(uuid)") }
            #expect(said.count == 1, "\(said)")
            #expect(said.allSatisfy { $0.contains("op=protect") && $0.contains("result=failed") })
            #expect((try? Lab.daemon()).map { kill($0, 0) == 0 } != true)
        }
    }
}
