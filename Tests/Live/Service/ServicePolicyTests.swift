// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests.Service {
    /// A device that the operator unplugs by hand.
    struct OptOuts {
        private static let namespace = "urn:virt-watchdog:opt-out:1"
        private let hook: LabHookAway

        init() throws {
            try Lab.setPolicy("")
            hook = try LabHookAway()
        }

        /// Returns the record in the live metadata; nothing where there is none.
        private func record(of guest: LabGuest) throws -> String? {
            let arguments = ["--quiet", "metadata", guest.name, Self.namespace, "--live"]
            let outcome = try Command("/usr/bin/virsh", arguments).run()
            return outcome.status == 0 ? outcome.text : nil
        }

        /// Returns the run that a record names.
        private func run(of guest: LabGuest) throws -> String? {
            try record(of: guest)?.firstMatch(of: #/ run=['"]([^'"]+)['"]/#).map { String($0.1) }
        }

        /// Has the service read all guests, and waits longer than it takes.
        private func sweep(_ service: LabService) {
            service.send(SIGHUP)
            sleep(2)
        }

        private func expectAbsence(
            _ guest: LabGuest, at location: SourceLocation = #_sourceLocation
        ) throws {
            #expect(try guest.watchdogs().isEmpty, sourceLocation: location)
            #expect(try guest.emulatedWatchdogs() == 0, sourceLocation: location)
        }

        @Test
        func `A device unplugged by hand stays away for that run, through restarts and a restore`()
            throws
        {
            let service = try LabService()
            let guest = try LabGuest("s-unplug", .defined)
            try guest.waits(forLine: "LAB found")
            try guest.waitsUntilProtected(5)
            try guest.virsh("detach-device-alias", guest.name, "ua-virt-watchdog", "--live")
            try guest.waits(forLog: "result=opted-out")
            try Lab.wait(5, for: "the record") { try record(of: guest) != nil }
            let process = try guest.process()
            #expect(try run(of: guest)?.contains("/\(process)/") == true)
            try expectAbsence(guest)
            sweep(service)
            try expectAbsence(guest)

            try service.kill()
            try service.startAgain()
            sweep(service)
            try expectAbsence(guest)
            try Lab.script(["restart-daemon"])
            try service.waits(for: "one guest runs") { $0.isConnected && $0.running == 1 }
            sweep(service)
            try expectAbsence(guest)

            // The record arrives in another run, and becomes that run's.
            let image = Lab.folder.appending(path: "s-unplug.save").path
            let old = try #require(try run(of: guest))
            try guest.virsh("save", guest.name, image)
            try guest.virsh("restore", image)
            try Lab.wait(5, for: "the record of the new run") {
                try run(of: guest).map { $0 != old } == true
            }
            sweep(service)
            try expectAbsence(guest)

            // The same record in the definition of another guest says nothing about that guest's run.
            let metadata = Lab.folder.appending(path: "s-copied.metadata")
            let copy = "<w:opt-out xmlns:w='\(Self.namespace)' run='\(old)'/>"
            try Data(copy.utf8).write(to: metadata)
            let copied = try LabGuest("s-copied", options: ["--metadata", metadata.path])
            try copied.waitsUntilProtected(10)

            try guest.virsh("destroy", guest.name)
            try guest.virsh("start", guest.name)
            try guest.waitsUntilProtected(10)
            #expect(try record(of: guest) == nil)
            try service.end()
        }
    }

    /// Guests that ran before the service came, and changes of the policy.
    struct Running {
        private let hook: LabHookAway

        init() throws {
            try Lab.setPolicy("")
            hook = try LabHookAway()
        }

        @Test
        func `Guests from before the service wait, until the policy says that it treats all`()
            throws
        {
            try? FileManager.default.removeItem(atPath: LabService.directory + "/runs")
            let guests = try (0..<3).map { try guest("old-\($0)", $0) }
            for guest in guests { try guest.virsh("start", guest.name) }
            // A run is as old as the service within a tick of the kernel's clock.
            usleep(100_000)
            let before = try Lab.log().count
            let service = try LabService()
            try service.waits(for: "three guests wait") { $0.waiting.count == 3 }
            let said = try Lab.log().dropFirst(before).filter { $0.contains("result=waiting") }
            #expect(said.count == 1 && said[0].contains("3 running guests"), "\(said)")
            // Another service knows no better.
            try service.kill()
            try service.startAgain()
            try service.waits(for: "three guests wait") { $0.waiting.count == 3 }
            for guest in guests { #expect(try guest.watchdogs().isEmpty) }

            try Lab.setPolicy("vm.watchdog.running=all\n")
            func count() throws -> Int { try guests.count { try !$0.watchdogs().isEmpty } }
            try Lab.wait(5, for: "the first one is treated") { try count() == 1 }
            try service.waits(for: "two guests wait") { $0.waiting.count == 2 }
            sleep(2)
            #expect(try count() == 1, "the others wait to see what becomes of the first one")
            try service.end()
        }

        /// Expects a guest's action to be the same as at its start: in its definition, and without
        /// the record of another action in QEMU, which the definition does not show.
        private func expectNoAlignment(
            of guest: LabGuest, at location: SourceLocation = #_sourceLocation
        ) throws {
            #expect(try guest.watchdogs().map(\.action) == ["reset"], sourceLocation: location)
            let record = ["metadata", guest.name, "urn:virt-watchdog:alignment:1", "--live"]
            let outcome = try Command("/usr/bin/virsh", record).run()
            #expect(outcome.status != 0, "\(outcome.text)", sourceLocation: location)
            #expect(
                outcome.errorText.contains("metadata not found"), "\(outcome.errorText)",
                sourceLocation: location)
        }

        @Test
        func `A changed policy waits for running guests, and is for those that start then`() throws
        {
            let service = try LabService()
            let old = try guest("was-there")
            try old.virsh("start", old.name)
            try old.waitsUntilProtected(10)
            try Lab.setPolicy("vm.watchdog.action=pause\n")
            let new = try guest("comes-then", 1)
            try new.virsh("start", new.name)
            try new.waitsUntilProtected(10)
            #expect(try new.watchdogs().map(\.action) == ["pause"])
            try service.waits(for: "the guest that was there waits") {
                $0.waiting.map(\.name) == [old.name]
            }
            try expectNoAlignment(of: old)
            let first = try service.state()?.process
            try service.kill()
            try service.startAgain()
            try service.waits(for: "the guest that was there waits") {
                // The first service left its file.
                $0.process == service.id && $0.process != first
                    && $0.waiting.map(\.name) == [old.name]
            }
            try expectNoAlignment(of: old)
            try service.end()
        }
    }
}
