// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests.Faults {
    /// Guests that go away during a one-shot's work.
    struct Guests {
        /// What the one-shot does when its guest goes away.
        enum Moment: String, CaseIterable, CustomTestStringConvertible {
            /// It stands still, somewhere in its work.
            case standing
            /// Its call has come to QEMU, which stands still.
            case attaching
            /// It waits, since another client's call has come to QEMU before.
            case waiting

            var testDescription: String { rawValue }
        }

        /// What becomes of the guest.
        enum Change: String, CaseIterable, CustomTestStringConvertible {
            case startedAgain
            case startedRenamed
            case undefined
            /// Another guest with its UUID is started.
            case startedOnAnotherMachine
            /// The same, with a watchdog of its own.
            case startedWithWatchdog

            var testDescription: String { rawValue }
        }

        /// Every moment with every change, or each of them at least once.
        static let cells: [(Moment, Change)] = Moment.allCases.flatMap { moment in
            Change.allCases.map { (moment, $0) }
        }.filter { isWhole || $0.0 == .standing || $0.1 == .startedAgain }

        /// A guest with a one-shot that has not come to its end.
        private struct Scene {
            var guest: LabGuest
            /// The process that must be continued.
            var standing: LabOneShot?
            /// What the test started, to be waited for.
            var commands: [RunningCommand] = []
        }

        private func guest(_ name: String, _ uuid: String) throws -> LabGuest {
            try LabGuest(name, .shutOff, definition: definition(of: name, uuid))
        }

        private func definition(
            of name: String, _ uuid: String, machine number: Int = 0, devices: String = ""
        ) -> String {
            var machine = machines[number]
            machine.uuid = uuid
            machine.devices += devices
            return machine.definition(of: name)
        }

        /// Starts a guest, and stops its one-shot at a random moment.
        private func standing(_ guest: LabGuest, _ chance: inout SplitMix64) throws -> Scene {
            let trap = try LabTrap("STOP")
            for _ in 0..<50 {
                try trap.set(after: .milliseconds(.random(in: 0..<40, using: &chance)))
                try guest.virsh("start", guest.name)
                if let oneShot = try trap.waitsForOneShot() {
                    return Scene(guest: guest, standing: oneShot)
                }
                try guest.virsh("destroy", guest.name)
            }
            throw NoneStands()
        }

        private struct NoneStands: Error {}

        /// Starts a guest without a watchdog, has its QEMU stand still, and starts a one-shot.
        private func attaching(_ guest: LabGuest, _ uuid: String, waiting: Bool) throws -> Scene {
            try Lab.setPolicy("vm.watchdog.model=none\n")
            try guest.virsh("start", guest.name)
            try Lab.setPolicy("")
            let process = try #require(pid_t(guest.process()))
            try #require(kill(process, SIGSTOP) == 0)
            var scene = Scene(guest: guest)
            if waiting {
                let question = ["qemu-monitor-command", guest.name, "--hmp", "info status"]
                scene.commands.append(try RunningCommand(Command("/usr/bin/virsh", question)))
                usleep(300_000)
            }
            let oneShot = try LabOneShot.start(for: uuid)
            scene.commands.append(oneShot)
            usleep(500_000)
            #expect(LabOneShot.all().contains { $0.id == oneShot.id }, "it has to wait")
            return scene
        }

        /// Ends the guest; a QEMU that stands still knows no other end than this.
        private func end(_ guest: LabGuest) throws {
            try #require(pid_t(guest.process()).map { kill($0, SIGKILL) } == 0)
            try Lab.wait(for: "the end of \(guest.name)") { try guest.state() == "shut off" }
        }

        private func change(_ guest: LabGuest, _ uuid: String, _ change: Change) throws {
            switch change {
            case .startedAgain: break
            case .startedRenamed: try guest.rename(to: guest.name + "-renamed")
            case .undefined:
                try guest.virsh("undefine", guest.name)
                return
            case .startedOnAnotherMachine:
                try guest.virsh("undefine", guest.name)
                try guest.define(definition(of: guest.name, uuid, machine: 1))
            case .startedWithWatchdog:
                let watchdog = "<watchdog model='i6300esb' action='poweroff'/>"
                try guest.define(definition(of: guest.name, uuid, devices: watchdog))
            }
            try guest.virsh("start", guest.name)
        }

        @Test(arguments: cells)
        func `A one-shot whose guest goes away ends silently, and the next guest is protected once`(
            moment: Moment, change: Change
        ) throws {
            try Lab.setPolicy("")
            var chance = chance(of: "guest gone, \(moment) \(change)")
            let uuid = UUID().uuidString.lowercased()
            let guest = try guest("g-\(moment)-\(change)", uuid)
            let before = try Lab.log().count
            let scene =
                switch moment {
                case .standing: try standing(guest, &chance)
                case .attaching: try attaching(guest, uuid, waiting: false)
                case .waiting: try attaching(guest, uuid, waiting: true)
                }
            try end(guest)
            try self.change(guest, uuid, change)
            scene.standing?.send(SIGCONT)
            for command in scene.commands { _ = try command.finish(within: .seconds(60)) }
            if change != .undefined { try guest.waitsUntilProtected() }
            try LabOneShot.waitUntilNoneIsLeft()
            if change != .undefined {
                try guest.waitsUntilProtected()
                let own = change == .startedWithWatchdog
                #expect(try guest.watchdogs().map(\.action) == [own ? "poweroff" : "reset"])
            }
            #expect(try alarms(after: before) == [])
        }
    }
}
