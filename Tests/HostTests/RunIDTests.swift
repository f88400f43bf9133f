// SPDX-License-Identifier: Apache-2.0

import Foundation
import Host
import System
import TestSupport
import Testing
import WatchdogPolicy

/// The run of a guest, by the file with its QEMU's process ID.
struct RunIDTests {
    @Test(arguments: ["", "\n"])
    func `A process file names a run, by boot, process and start`(end: String) throws {
        let folder = try TemporaryFolder()
        let own = ProcessInfo.processInfo.processIdentifier
        let run = try #require(RunID(ofProcessIn: folder.write("guest.pid", "\(own)\(end)").path))
        #expect(run.process == own)
        #expect(run.boot == BootID.current)
        #expect(run.startTicks == ProcessStatus(of: own)?.startTicks)
    }

    @Test(arguments: ["", "\n", "x", "0", "-1", "2147483647", "2147483648", "1 2", "\u{0}", " "])
    func `Without a process there is no run`(text: String) throws {
        let folder = try TemporaryFolder()
        #expect(try RunID(ofProcessIn: folder.write("guest.pid", text).path) == nil)
        #expect(RunID(ofProcessIn: folder.url.path + "/none.pid") == nil)
        #expect(RunID(ofProcessIn: folder.url.path) == nil)
    }

    @Test func `A process that has ended names no run, though its parent has yet to ask`() throws {
        var id: pid_t = 0
        let words: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
        defer { free(words[0]) }
        try #require(posix_spawn(&id, "/bin/true", nil, nil, words, nil) == 0)
        defer { waitpid(id, nil, 0) }
        let deadline = ContinuousClock.now + .seconds(10)
        while ProcessStatus(of: id)?.state != "Z", ContinuousClock.now < deadline { usleep(1000) }
        #expect(ProcessStatus(of: id)?.state == "Z")
        let folder = try TemporaryFolder()
        #expect(try RunID(ofProcessIn: folder.write("guest.pid", "\(id)\n").path) == nil)
    }
}
