// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests.Hook {
    /// Hooks that take long at `started`: another one, and ours.
    struct Slow {
        /// How much longer a call may take beside virt-watchdog; a blocked call takes seconds.
        private static let margin = Duration.milliseconds(300)

        init() throws {
            try Lab.setPolicy("")
        }

        /// Starts guests beside a hook that sleeps, and defines another guest again and again meanwhile.
        ///
        /// - Returns: How long the longest definition took.
        private func longestDefinition(
            besideStartsOf guests: [LabGuest], _ marks: TemporaryFolder
        ) throws -> Duration {
            let other = try guest("unrelated")
            let file = Lab.folder.appending(path: "\(other.name).xml")
            try Data(other.definition().utf8).write(to: file)
            func count(_ mark: String) throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: marks.url.path)
                    .count { $0.hasPrefix(mark) }
            }
            let starts = try guests.map { try $0.starts() }
            try Lab.wait(for: "the hook that sleeps", every: .milliseconds(5)) {
                try count("asleep") == guests.count
            }
            var longest = Duration.zero
            while try count("awake") == 0 {
                let durations = try LiveTests.Service.durations(1, of: ["define", file.path])
                longest = max(longest, durations[0])
                usleep(50_000)
            }
            for start in starts {
                let outcome = try start.finish().outcome
                try #require(outcome.status == 0, "\(outcome.errorText)")
            }
            for name in try FileManager.default.contentsOfDirectory(atPath: marks.url.path) {
                try FileManager.default.removeItem(at: marks.url.appending(path: name))
            }
            return longest
        }

        @Test(arguments: LiveTests.Faults.isWhole ? [1, 6] : [6])
        func
            `Another hook that sleeps at started keeps no define waiting, and guests are protected`(
                count: Int
            ) throws
        {
            let marks = try TemporaryFolder()
            let sleeper = try LabOtherHook(
                "50-sleeps",
                """
                [ "$2" = started ] || exit 0
                case $1 in h-slow-*) ;; *) exit 0 ;; esac
                : >\(marks.url.path)/asleep-$1
                sleep 4
                : >\(marks.url.path)/awake-$1
                """)
            defer { withExtendedLifetime(sleeper) {} }
            func guests(_ name: String) throws -> [LabGuest] {
                try (0..<count).map { try guest("slow-\(count)-\(name)-\($0)", $0) }
            }
            let usual = try {
                let away = try LabHookAway()
                defer { withExtendedLifetime(away) {} }
                return try longestDefinition(besideStartsOf: guests("none"), marks)
            }()
            LiveTests.Service.say("define beside \(count) slow starts: \(usual) without the hook")
            for protector in Protector.allCases {
                let service = try protector.start()
                var longest = Duration.seconds(60)
                // A busy machine may delay a call; a lock does so each time.
                for round in 0..<3 where longest > usual + Self.margin {
                    let guests = try guests("\(protector)-\(round)")
                    longest = try longestDefinition(besideStartsOf: guests, marks)
                    LiveTests.Service.say(
                        "define beside \(count) slow starts: \(longest) with \(protector)")
                    for guest in guests {
                        try guest.waitsUntilProtected(10)
                        let lines = try attachments(to: guest)
                        #expect(lines.count == 1)
                        let isService = LiveTests.Service.writers(of: lines) == [service?.id ?? 0]
                        #expect(isService == (protector == .service))
                    }
                }
                #expect(longest <= usual + Self.margin, "\(protector)")
                try service?.end()
            }
            try LabOneShot.waitUntilNoneIsLeft(10)
        }

        /// Has each call of the hook at `started` stop for 2.5 s: while it reads, or, where the service
        /// lets it leave before that, as it begins.
        private func stoppingHook(
            _ protector: Protector, _ marks: TemporaryFolder
        ) throws -> LabStandIn {
            try LabStandIn(for: LabHookAway.hook) { real in
                let stop = """
                    kill -STOP $id && sleep 2.4 && cut -d ' ' -f 3 /proc/$id/stat >\(marks.url.path)/state
                    sleep 0.1
                    kill -CONT $id
                    """
                return switch protector {
                case .oneShot:
                    """
                    #!/bin/bash
                    [ "$2" = started ] || exec \(real) "$@"
                    id=$$
                    exec 3<&0 0< <(sleep 0.5; exec cat <&3)
                    (sleep 0.2; \(stop)) 3<&- </dev/null >/dev/null 2>&1 &
                    exec 3<&- \(real) "$@"
                    """
                case .service:
                    """
                    #!/bin/bash
                    [ "$2" = started ] || exec \(real) "$@"
                    id=$$
                    (\(stop)) </dev/null >/dev/null 2>&1 &
                    sleep 0.3
                    exec \(real) "$@"
                    """
                }
            }
        }

        @Test(arguments: Protector.allCases)
        func `The hook is stopped for 2.5 s at started, and the guest is protected`(
            protector: Protector
        ) throws {
            let marks = try TemporaryFolder()
            let hook = try stoppingHook(protector, marks)
            defer { withExtendedLifetime(hook) {} }
            let service = try protector.start()
            let guest = try guest("stopped-\(protector)")
            let start = ContinuousClock.now
            try guest.virsh("start", guest.name)
            #expect(start.duration(to: .now) > .seconds(2.4))
            let state = marks.url.appending(path: "state")
            #expect(try String(contentsOf: state, encoding: .utf8) == "T\n")
            try guest.waitsUntilProtected(10)
            #expect(try attachments(to: guest).count == 1)
            #expect(
                try Lab.log(of: guest.name).contains { $0.contains("hook ended by signal") }
                    == false)
            try service?.end()
            try LabOneShot.waitUntilNoneIsLeft(10)
        }
    }
}
