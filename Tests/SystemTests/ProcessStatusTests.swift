// SPDX-License-Identifier: Apache-2.0

import Foundation
import System
import TestSupport
import Testing

/// What the kernel says of a process.
struct ProcessStatusTests {
    private static let rest =
        "1 2 2 0 -1 4194560 9 0 0 0 3 4 0 0 20 0 5 0 90210 42 17 18446744073709551615"

    @Test(
        arguments: [
            ("4711 (qemu-system-x86) S \(rest)\n", "S"), ("4711 (a b) T \(rest)", "T"),
            ("4711 (x) R 1 (y) t \(rest)", "t"), ("4711 ()) Z \(rest)", "Z"),
            ("4711 (\u{FFFD}\n) D \(rest)", "D"),
        ] as [(String, Character)])
    func `The state and the start are read, whatever the program's name has in it`(
        text: String, state: Character
    ) throws {
        let status = try #require(ProcessStatus(parsing: text))
        #expect(status.state == state)
        #expect(status.startTicks == 90_210)
    }

    @Test(arguments: [
        "", "4711", "4711 (x)", "4711 (x) S", "4711 (x) S 1 2", "4711 x S \(rest)",
        "4711 (x) Sleeping \(rest)",
        "4711 (x) S \(rest.replacing("90210", with: "-1"))",
        "4711 (x) S \(rest.replacing("90210", with: "18446744073709551616"))",
    ])
    func `A malformed text gives no state`(text: String) {
        #expect(ProcessStatus(parsing: text) == nil)
    }

    @Test
    func `A process that signals stop and continue shows its state, and keeps its start`() throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sleep")
        process.arguments = ["60"]
        try process.run()
        let id = process.processIdentifier
        defer {
            kill(id, SIGKILL)
            process.waitUntilExit()
        }
        let start = try #require(ProcessStatus(of: id)).startTicks
        kill(id, SIGSTOP)
        let deadline = ContinuousClock.now + .seconds(10)
        while ProcessStatus(of: id)?.state != "T", ContinuousClock.now < deadline { usleep(1000) }
        #expect(ProcessStatus(of: id)?.state == "T")
        #expect(ProcessStatus(of: id)?.startTicks == start)
    }

    @Test(arguments: [0, -1, Int32.max])
    func `No process has such a number`(id: Int32) {
        #expect(ProcessStatus(of: id) == nil)
    }
}
