// SPDX-License-Identifier: Apache-2.0

import Foundation
import System
import SystemPackage
import TestSupport
import Testing

/// Programs that are run for what they print.
struct ProgramTests {
    private func run(
        _ script: String, within limit: Duration = .seconds(30)
    ) throws -> Program.Outcome {
        try Program("/bin/sh", ["-c", script]).run(within: limit)
    }

    @Test func `Both streams and the status are returned`() throws {
        let outcome = try run("echo out; echo err >&2; exit 7")
        #expect(outcome.status == 7)
        #expect(String(decoding: outcome.output, as: UTF8.self) == "out\n")
        #expect(String(decoding: outcome.error, as: UTF8.self) == "err\n")
    }

    @Test func `A signal is told apart from an exit status`() throws {
        #expect(try run("kill -TERM $$").status == -SIGTERM)
    }

    @Test func `A program inherits no input, no environment and no blocked signal`() throws {
        setenv("VIRT_WATCHDOG_TEST", "inherited", 1)
        let outcome = try run(
            "cat; env | grep -c VIRT_WATCHDOG_TEST; grep SigBlk /proc/self/status")
        let lines = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
        #expect(lines.first == "0")
        #expect(lines.last?.hasSuffix("\t0000000000000000") == true)
    }

    @Test func `A program that takes too long is ended, and leaves nothing behind`() throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appending(path: "id")
        #expect(throws: ProgramError.outOfTime(.milliseconds(300))) {
            try run("echo $$ >'\(file.path)'; exec sleep 600", within: .milliseconds(300))
        }
        let text = try String(contentsOf: file, encoding: .utf8)
        let id = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(kill(id, 0) == -1 && errno == ESRCH, "not even as a zombie")
    }

    @Test func `A program that writes without end is ended, and takes no memory`() throws {
        let start = ContinuousClock.now
        #expect(throws: ProgramError.self) {
            try run("exec yes", within: .milliseconds(500))
        }
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test func `Only the start of a long output is kept`() throws {
        let outcome = try run("head -c 20000000 /dev/zero; echo end >&2")
        #expect(outcome.status == 0)
        #expect(outcome.output.count == Program.outputLimit)
        #expect(outcome.error == Array("end\n".utf8))
    }

    @Test func `A descendant that keeps the streams open is not waited for`() throws {
        let start = ContinuousClock.now
        let outcome = try run("sleep 30 & echo $!")
        #expect(ContinuousClock.now - start < .seconds(20))
        let text = String(decoding: outcome.output, as: UTF8.self)
        let id = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        kill(id, SIGKILL)
    }

    @Test func `A program that has closed its streams is waited for`() throws {
        #expect(try run("exec >&- 2>&-; sleep 0.2; exit 3").status == 3)
    }

    @Test func `A program that is not there cannot be started`() throws {
        do throws(ProgramError) {
            _ = try Program("/nonexistent").run(within: .seconds(5))
            Issue.record("it was started")
        } catch {
            #expect(error == .cannotStart(.noSuchFileOrDirectory))
            #expect("\(error)" == "it cannot be started: No such file or directory")
        }
    }
}
