// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests.Service {
    /// libvirt's daemon and the service, killed beside starts, and a policy that changes beside them.
    struct Faults {
        private let hook: LabHookAway

        init() throws {
            try Lab.setPolicy("")
            hook = try LabHookAway()
        }

        /// The process that is killed while a guest starts.
        private enum Victim: CaseIterable {
            case service, daemon, both
        }

        /// Starts a guest while something is killed and started again.
        private func start(
            _ guest: LabGuest, killing victim: Victim, _ service: LabService,
            _ chance: inout SplitMix64
        ) throws {
            if victim == .daemon {
                _ = try LiveTests.Faults.Daemon.start(
                    guest, killingWithin: .milliseconds(700), &chance)
                return
            }
            let command = try guest.starts()
            LiveTests.Faults.wait(upTo: .milliseconds(700), by: &chance)
            try service.kill()
            if victim == .both {
                let outcome = try command.finish(within: .seconds(60)).outcome
                #expect(outcome.status == 0, "\(outcome.errorText)")
                LiveTests.Faults.wait(upTo: .milliseconds(300), by: &chance)
                try LiveTests.Faults.Daemon.killDaemon()
                try service.startAgain(isConnected: false)
                try Lab.script(["start-daemon"])
            } else {
                LiveTests.Faults.wait(upTo: .milliseconds(300), by: &chance)
                try service.startAgain(isConnected: false)
                let outcome = try command.finish(within: .seconds(60)).outcome
                #expect(outcome.status == 0, "\(outcome.errorText)")
            }
        }

        @Test
        func `Daemon and service killed beside starts: each guest gets one device, unasked`() throws
        {
            var chance = LiveTests.Faults.chance(of: "service and daemon killed")
            let service = try LabService()
            var guests: [LabGuest] = []
            for number in 1...times(9, whole: 50) {
                let guest = try guest("kill-\(number)", number)
                let victim = Victim.allCases[number % 3]
                try start(guest, killing: victim, service, &chance)
                guests.append(guest)
            }
            var forgotten: [String] = []
            for guest in guests {
                if try LiveTests.Faults.Daemon.hasForgottenWatchdog(guest, after: .seconds(10)) {
                    forgotten.append(guest.name)
                    // The service asks QEMU to unplug it, a minute after it tried first. This guest
                    // has no system that agrees; its reset stands in for it.
                    try Lab.wait(120, for: "the watchdog of \(guest.name)", every: .seconds(2)) {
                        try guest.virsh("reset", guest.name)
                        return try guest.watchdogs().count == 1
                    }
                }
                try guest.waitsUntilProtected(20)
                #expect(try guest.watchdogs().map(\.action) == ["reset"])
            }
            say("killed beside \(guests.count) starts; libvirt forgot a watchdog of \(forgotten)")
            try service.end()
        }

        /// How a program writes the policy's file.
        private enum Writing: CaseIterable {
            /// A new file takes the place of the old one.
            case renamed
            /// The file is emptied first and written in two parts, as CloudStack's agent does.
            case truncated
        }

        private func write(
            _ text: String, _ writing: Writing, _ chance: inout SplitMix64
        ) throws {
            guard writing == .truncated else {
                return try Data(text.utf8).write(to: Lab.properties, options: .atomic)
            }
            let file = try FileHandle(forWritingTo: Lab.properties)
            defer { try? file.close() }
            try file.truncate(atOffset: 0)
            LiveTests.Faults.wait(upTo: .milliseconds(20), by: &chance)
            let middle = text.utf8.count / 2
            try file.write(contentsOf: Data(text.utf8.prefix(middle)))
            LiveTests.Faults.wait(upTo: .milliseconds(20), by: &chance)
            try file.write(contentsOf: Data(text.utf8.dropFirst(middle)))
        }

        @Test
        func `Policy replaced beside starts: a guest that starts after it has the new action`()
            throws
        {
            var chance = LiveTests.Faults.chance(of: "policy replaced")
            try Lab.setPolicy("vm.watchdog.action=pause\n")
            let service = try LabService()
            var guests: [(guest: LabGuest, actions: Set<String>)] = []
            var last = "pause"
            for number in 1...times(10, whole: 50) {
                let guest = try guest("policy-\(number)", number)
                let action = last == "pause" ? "poweroff" : "pause"
                let writing = Writing.allCases[number % 2]
                let text = "# \(number)\nvm.watchdog.action=\(action)\n"
                if number % 3 == 0 {
                    // Beside the start: either policy, and no third one of half a file.
                    let command = try guest.starts()
                    LiveTests.Faults.wait(upTo: .milliseconds(300), by: &chance)
                    try write(text, writing, &chance)
                    #expect(try command.finish().outcome.status == 0)
                    guests.append((guest, [last, action]))
                } else {
                    try write(text, writing, &chance)
                    try guest.virsh("start", guest.name)
                    guests.append((guest, [action]))
                }
                last = action
                // The next policy is not for this guest.
                try guest.waitsUntilProtected(10)
            }
            for (guest, actions) in guests {
                try guest.waitsUntilProtected(10)
                let action = try #require(guest.watchdogs().first?.action)
                #expect(actions.contains(action), "\(guest.name)")
            }
            try service.end()
        }
    }
}
