// SPDX-License-Identifier: Apache-2.0

import Foundation
import System
import TestSupport
import Testing

/// Signals to a process and to no later one with its number.
struct ProcessHandleTests {
    private func sleeper() throws -> RunningCommand {
        try RunningCommand(Command("/bin/sleep", ["60"]))
    }

    private func ends(_ process: Int32) -> Bool {
        RunningCommand.wait(within: .seconds(5)) { ProcessStatus(of: process)?.state == "Z" }
    }

    @Test func `A process gets the signal`() throws {
        for isReload in [true, false] {
            let sleeper = try sleeper()
            let ticks = try #require(ProcessStatus(of: sleeper.id)?.startTicks)
            guard let handle = ProcessHandle(sleeper.id, startTicks: ticks) else {
                Issue.record("no handle")
                return
            }
            let (wasRunning, isSent) = (
                handle.isRunning, isReload ? handle.reload() : handle.terminate()
            )
            #expect(wasRunning && isSent)
            #expect(ends(sleeper.id))
            let isRunning = handle.isRunning
            #expect(!isRunning)
        }
    }

    @Test func `Another process with the number is not the process`() throws {
        let sleeper = try sleeper()
        let ticks = try #require(ProcessStatus(of: sleeper.id)?.startTicks)
        for (difference, isFound) in [(0 as UInt64, true), (1, false)] {
            let handle = ProcessHandle(sleeper.id, startTicks: ticks + difference)
            let found = handle != nil
            #expect(found == isFound)
        }
    }
}
