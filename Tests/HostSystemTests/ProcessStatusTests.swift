import Foundation
import HostSystem
import TestSupport
import Testing
import WatchdogPolicy

/// What the kernel says of a process, and which run of a guest that names.
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

    @Test(arguments: ["", "\n"])
    func `A process file names a run, by boot, process and start`(end: String) throws {
        let folder = try TemporaryFolder()
        let own = ProcessInfo.processInfo.processIdentifier
        let run = try #require(runID(of: folder.write("guest.pid", "\(own)\(end)").path))
        #expect(run.process == own)
        #expect(run.boot == bootID())
        #expect(run.startTicks == ProcessStatus(of: own)?.startTicks)
    }

    @Test(arguments: ["", "\n", "x", "0", "-1", "2147483647", "2147483648", "1 2", "\u{0}", " "])
    func `Without a process there is no run`(text: String) throws {
        let folder = try TemporaryFolder()
        #expect(try runID(of: folder.write("guest.pid", text).path) == nil)
        #expect(runID(of: folder.url.path + "/none.pid") == nil)
        #expect(runID(of: folder.url.path) == nil)
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
        #expect(try runID(of: folder.write("guest.pid", "\(id)\n").path) == nil)
    }
}
