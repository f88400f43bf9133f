// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests.Service {
    /// Guests that do not answer, and hooks that take long: they keep no other guest waiting.
    struct Silence {
        private let hook: LabHookAway

        init() throws {
            try Lab.setPolicy("")
            hook = try LabHookAway()
        }

        /// The time that any call about another guest may take.
        private static let limit = 100

        /// Starts guests that the service does not see start, and that are new to it when it comes.
        private func guestsWithoutService(_ name: String) throws -> LabHerd {
            let service = try LabService()
            try service.end()
            return try LabHerd(name, 25)
        }

        /// Expects that calls about another guest are as fast as ever.
        ///
        /// The machine may be busy with something else, unlike calls that stay blocked: one round of
        /// three that is fast throughout is enough.
        private func expectFastCalls(
            _ title: String, at location: SourceLocation = #_sourceLocation
        ) throws {
            let other = try guest("other-\(title.replacing(" ", with: "-"))")
            let file = Lab.folder.appending(path: "\(other.name).xml")
            try Data(other.definition().utf8).write(to: file)
            for command in [["dumpxml", other.name], ["define", file.path]] {
                var worst = Int.max
                for _ in 0..<3 where worst >= Self.limit {
                    let figures = milliseconds(try durations(of: command, at: location))
                    say(
                        "\(title), virsh \(command[0]): median \(figures.median) ms,"
                            + " worst \(figures.worst) ms of 20")
                    worst = figures.worst
                }
                #expect(worst < Self.limit, "virsh \(command[0])", sourceLocation: location)
            }
        }

        /// Expects that a guest that starts now is protected within seconds.
        private func expectProtection(
            _ title: String, at location: SourceLocation = #_sourceLocation
        ) throws {
            let guest = try guest("new-\(title.replacing(" ", with: "-"))")
            let start = ContinuousClock.now
            try guest.virsh("start", guest.name)
            try guest.waitsUntilProtected(10, at: location)
            let duration = start.duration(to: .now) / .milliseconds(1)
            say("\(title): a guest that starts meanwhile is protected after \(Int(duration)) ms")
        }

        @Test
        func
            `25 QEMUs stopped by a signal delay no other guest, and are protected when they go on`()
            throws
        {
            let guests = try guestsWithoutService("stopped")
            try guests.signalQEMUs(SIGSTOP)
            defer { try? guests.signalQEMUs(SIGCONT) }
            let service = try LabService()
            try service.waits(for: "25 guests do not answer") { $0.notAnswering.count == 25 }
            try expectFastCalls("stopped")
            try expectProtection("stopped")
            try guests.signalQEMUs(SIGCONT)
            try guests.waitsUntilProtected()
            try service.waits(for: "all guests answer") { $0.notAnswering.isEmpty }
            try service.end()
        }

        @Test
        func `25 QEMUs that do not answer block at most four calls, and no other guest`() throws {
            let guests = try guestsWithoutService("held")
            let debugger = try LabDebugger(holding: guests)
            defer { debugger.letGo() }
            let before = try Lab.log().count
            let service = try LabService()
            try service.waits(for: "guests do not answer") { $0.notAnswering.count >= 3 }
            try expectFastCalls("held")
            try expectProtection("held")
            // Longer than a call may take.
            sleep(6)
            let occupied = try guests.stuckCalls()
            say("held: \(occupied) calls are stuck")
            #expect((3...4).contains(occupied))
            let said = try Lab.log().dropFirst(before).filter {
                $0.contains("guests do not answer")
            }
            #expect(said.count == 1, "\(said)")
            try expectProtection("held-longer")

            debugger.letGo()
            try guests.waitsUntilProtected()
            try service.waits(for: "all guests answer") { $0.notAnswering.isEmpty }
            try service.end()
        }

        /// Returns how many calls about guests have not returned.
        private func stuckCalls(_ guests: [LabGuest]) throws -> Int {
            try guests.count { try Lab.virsh("domcontrol", $0.name).contains("occupied") }
        }

        @Test
        func `QEMUs that freeze as they start block at most four calls, and recover`() throws {
            let debuggers = try LabDebugger.hook(holding: "s-freezes-*")
            let service = try LabService()
            var guests: [LabGuest] = []
            // Before the guests go: libvirt could not end them.
            defer { debuggers.letGo() }
            func freeze(_ numbers: Range<Int>) throws {
                for number in numbers {
                    let name = "s-freezes-\(number)"
                    guests.append(
                        try LabGuest(name, .created, definition: tinyDefinition(name)))
                }
            }
            try freeze(0..<3)
            try Lab.wait(10, for: "three stuck calls") { try stuckCalls(guests) == 3 }
            try expectProtection("three freeze")

            try freeze(3..<6)
            // Longer than a call may take.
            sleep(6)
            #expect(try stuckCalls(guests) == 4)
            try expectFastCalls("six freeze")

            debuggers.letGo()
            for guest in guests { try guest.waitsUntilProtected(30) }
            try service.end()
        }

        @Test
        func `Another hook that sleeps keeps no other guest waiting because of the service`() throws
        {
            let marker = Lab.folder.appending(path: "sleeping").path
            let other = try LabOtherHook(
                "50-sleep",
                """
                [ "$2" = started ] || exit 0
                case $1 in s-sleeps-*) ;; *) exit 0 ;; esac
                touch \(marker)
                sleep 4
                rm \(marker)
                """)
            defer { withExtendedLifetime(other) {} }
            let unrelated = try guest("unrelated")
            let file = Lab.folder.appending(path: "\(unrelated.name).xml")
            try Data(unrelated.definition().utf8).write(to: file)

            /// Starts a guest, and measures what `define` of another one takes meanwhile.
            func worst(_ guest: LabGuest, _ title: String) throws -> Int {
                let start = try guest.starts()
                try Lab.wait(for: "the hook that sleeps") {
                    FileManager.default.fileExists(atPath: marker)
                }
                var times: [Duration] = []
                while FileManager.default.fileExists(atPath: marker) {
                    times += try durations(1, of: ["define", file.path])
                    usleep(50_000)
                }
                #expect(try start.finish().outcome.status == 0)
                #expect(times.count >= 10, "they were made while the hook slept")
                let figures = milliseconds(times.sorted())
                say(
                    "\(title): virsh define of another guest takes \(figures.median) ms,"
                        + " at worst \(figures.worst) ms of \(times.count)")
                return figures.worst
            }

            let first = try guest("sleeps-without")
            let without = try worst(first, "a hook sleeps, without the service")
            let service = try LabService()
            let second = try guest("sleeps-with")
            let with = try worst(second, "a hook sleeps, with the service")
            #expect(with < max(250, 2 * without))
            try second.waitsUntilProtected(10)
            try service.end()
        }
    }
}
