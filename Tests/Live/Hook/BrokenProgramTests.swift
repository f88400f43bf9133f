// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests.Hook {
    /// A `virt-watchdogd` that cannot do its work.
    struct BrokenProgram {
        /// Why the program cannot start.
        enum Fault: String, CaseIterable, CustomTestStringConvertible {
            /// There is no such program.
            case missing
            /// The loader does not find a library.
            case withoutLibrary

            var testDescription: String { rawValue }

            /// A library of the same length as libvirt's, which is nowhere.
            static let library = "libgone.so.0"

            /// What the reason names.
            var word: String { self == .missing ? LabOneShot.program : Self.library }

            /// Breaks the program.
            func standIn() throws -> LabStandIn {
                switch self {
                case .missing: return try LabStandIn(for: LabOneShot.program) { _ in nil }
                case .withoutLibrary:
                    return try LabStandIn(for: LabOneShot.program) { data in
                        let name = Data("libvirt.so.0\0".utf8)
                        let place = try #require(data.range(of: name))
                        data.replaceSubrange(place, with: Data("\(Self.library)\0".utf8))
                    }
                }
            }
        }

        private static let enforce = "vm.watchdog.enforce=true\n"

        init() throws {
            try Lab.setPolicy("")
        }

        /// Expects an error in the log that says why no one-shot treated a guest.
        private func expectError(
            about guest: LabGuest, _ word: String, at location: SourceLocation = #_sourceLocation
        ) throws {
            try guest.waits(forLog: "op=started", "result=failed", word, at: location)
            let lines = try Lab.log(of: guest.name).filter { $0.contains("result=failed") }
            #expect(lines.count == 1, "\(lines)", sourceLocation: location)
            #expect(lines[0].contains(".err virt-watchdog["), sourceLocation: location)
            #expect(try lines[0].contains(guest.uuid()), sourceLocation: location)
            #expect(lines[0].contains("virt-watchdog apply"), "a fix", sourceLocation: location)
            #expect(try guest.state() == "running", sourceLocation: location)
        }

        /// Expects that a guest's start is refused under enforce.
        ///
        /// - Returns: How long that took.
        @discardableResult
        private func expectRefusal(
            of guest: LabGuest, _ word: String, at location: SourceLocation = #_sourceLocation
        ) throws -> Duration {
            let ending = try guest.starts().finish(within: .seconds(20))
            #expect(ending.outcome.status != 0, sourceLocation: location)
            let text = ending.outcome.errorText
            #expect(text.contains(word), "\(text)", sourceLocation: location)
            #expect(text.contains("vm.watchdog.enforce=true"), "\(text)", sourceLocation: location)
            try guest.waits(forLog: "op=prepare", "result=refused", word, at: location)
            return ending.duration
        }

        @Test(arguments: Fault.allCases)
        func
            `A virt-watchdogd that cannot start is an error in the log, and a refusal under enforce`(
                fault: Fault
            ) throws
        {
            let alone = try guest("\(fault)-alone")
            let refused = try guest("\(fault)-refused")
            let served = try guest("\(fault)-served", 1)
            do {
                let standIn = try fault.standIn()
                defer { withExtendedLifetime(standIn) {} }
                try alone.virsh("start", alone.name)
                try expectError(about: alone, fault.word)
                try Lab.setPolicy(Self.enforce)
                try expectRefusal(of: refused, fault.word)
            }
            // With the service, no guest needs a one-shot.
            let service = try LabService()
            do {
                let standIn = try fault.standIn()
                defer { withExtendedLifetime(standIn) {} }
                try served.virsh("start", served.name)
                try served.waitsUntilProtected(10)
            }
            try service.end()
            try refused.virsh("start", refused.name)
            try refused.waitsUntilProtected(10)
            try LabOneShot.waitUntilNoneIsLeft(10)
        }

        @Test
        func `A one-shot that a signal ends right after its start is an error in the log`() throws {
            let standIn = try LabStandIn(for: LabOneShot.program) { _ in
                "#!/bin/sh\n[ \"$1\" != --check ] || exit 0\nkill -SEGV $$\n"
            }
            defer { withExtendedLifetime(standIn) {} }
            let guest = try guest("killed")
            try guest.virsh("start", guest.name)
            try expectError(about: guest, "signal \(SIGSEGV)")
            try LabOneShot.waitUntilNoneIsLeft(10)
        }

        @Test
        func
            `A virt-watchdogd that hangs is a refusal under enforce, and else nothing waits for it`()
            throws
        {
            func durationOfStart(_ name: String) throws -> Duration {
                let guest = try guest(name)
                let start = ContinuousClock.now
                try guest.virsh("start", guest.name)
                return start.duration(to: .now)
            }
            let usual = try durationOfStart("hangs-usual")
            let processes = Lab.folder.appending(path: "hanging")
            let standIn = try LabStandIn(for: LabOneShot.program) { _ in
                "#!/bin/sh\necho $$ >>\(processes.path)\nexec sleep 600\n"
            }
            defer { withExtendedLifetime(standIn) {} }
            defer {
                let text = (try? String(contentsOf: processes, encoding: .utf8)) ?? ""
                for id in text.split(separator: "\n").compactMap({ pid_t($0) }) {
                    kill(id, SIGKILL)
                }
                try? LabOneShot.waitUntilNoneIsLeft(10)
            }
            let beside = try durationOfStart("hangs-beside")
            LiveTests.Service.say("start: \(usual), beside a one-shot that hangs \(beside)")
            #expect(beside < usual + .milliseconds(500))
            try Lab.wait(5, for: "the one-shot that hangs") {
                FileManager.default.fileExists(atPath: processes.path)
            }

            try Lab.setPolicy(Self.enforce)
            let refusal = try expectRefusal(of: guest("hangs-refused"), LabOneShot.program)
            #expect(refusal > .seconds(1) && refusal < .seconds(3), "\(refusal)")
        }
    }
}
