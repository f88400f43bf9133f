// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests {
    /// Commands beside a guest whose QEMU a signal has stopped.
    struct Stopped {
        init() throws {
            try Lab.setPolicy("")
        }

        /// Runs a command, and returns when each of its lines came.
        private func run(
            _ arguments: [String]
        ) throws -> (status: Int32, lines: [(text: String, time: Duration)]) {
            let stamped =
                "\(Lab.tool) \"$@\" | while read -r line; do echo \"$(date +%s%3N) $line\"; done;"
                + " exit ${PIPESTATUS[0]}"
            let start = Date.now.timeIntervalSince1970
            let outcome = try Command("/bin/bash", ["-c", stamped, "bash"] + arguments).run()
            let lines = outcome.text.split(separator: "\n").map { line in
                let words = line.split(separator: " ", maxSplits: 1)
                let time = (Double(words[0]) ?? 0) / 1000 - start
                return (words.count > 1 ? String(words[1]) : "", Duration.seconds(time))
            }
            return (outcome.status, lines)
        }

        @Test
        func `Of three guests, a stopped QEMU is named, and the others are done at once`()
            throws
        {
            // The hook is to leave them without a watchdog.
            try Lab.setPolicy("vm.watchdog.model=none\n")
            let guests = try ["first", "second", "third"].map {
                try LabGuest("stopped-\($0)", options: ["--machine", "q35"])
            }
            for guest in guests { try guest.waits(forLine: "LAB") }
            try Lab.setPolicy("")
            let process = try #require(pid_t(guests[1].process()))
            try #require(kill(process, SIGSTOP) == 0)
            defer { kill(process, SIGCONT) }

            for command in ["plan", "status", "apply", "remove"] {
                let names = command == "remove" ? guests.map(\.name) : ["--all"]
                let (status, lines) = try run([command, "--verbose"] + names)
                for guest in guests {
                    let start = try #require(
                        lines.firstIndex { $0.text.hasPrefix(guest.name + " ") }, "\(command)")
                    let row = lines[start]
                    let below = lines[(start + 1)...].prefix {
                        !$0.text.isEmpty && !$0.text.hasPrefix("stopped-")
                    }
                    let text = ([row] + below).map(\.text).joined(separator: " ")
                    let isStopped = guest.name == guests[1].name
                    #expect(
                        text.contains("a signal has stopped its QEMU process")
                            == (isStopped && command != "remove"), "\(text)")
                    if command != "remove" { #expect(row.time < .seconds(5), "\(row.text)") }
                }
                if command == "apply" { #expect(status == 1) }
                if command == "plan" { #expect(status == 3, "two guests wait") }
            }
            #expect(try guests[1].watchdogs().isEmpty)

            kill(process, SIGCONT)
            try Lab.run(Lab.tool, ["apply", guests[1].name])
            #expect(try guests[1].watchdogs().count == 1)
            try #require(kill(process, SIGSTOP) == 0)
            let (status, lines) = try run(["remove", guests[1].name])
            #expect(status == 1)
            let reason = try #require(
                lines.first { $0.text.contains("a signal has stopped its QEMU process") })
            #expect(reason.text.contains("virt-watchdog remove"))
            #expect(reason.time < .seconds(5))
        }
    }
}
