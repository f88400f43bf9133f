// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import System
import TestSupport
import Testing
import WatchdogPolicy

@testable import Protector

/// What outlives the service within one boot.
struct RunFileTests {
    private let folder: TemporaryFolder
    private let boot = "boot-1"
    /// The run of this process, which goes on.
    private var ownRun: RunID {
        RunID(
            boot: boot, process: CurrentProcess.id,
            startTicks: ProcessStatus(of: CurrentProcess.id)?.startTicks ?? 0)
    }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func open(
        boot: String = "boot-1", _ log: @escaping (LogLine) -> Void = { _ in }
    ) -> RunFile {
        RunFile(in: folder.url.path, boot: boot) { line, _ in log(line) }
    }

    @Test func `The first service of a boot notes when it came, and later ones keep that`() {
        let first = open().memory
        #expect(first.treated.isEmpty)
        #expect(first.firstTicks <= Clock.ticksSinceBoot)
        #expect(open().memory == first)
        #expect(open(boot: "boot-2").memory.boot == "boot-2")
    }

    @Test func `Runs that go on are kept, and ended ones are dropped at the next start`() {
        let file = open()
        file.append("guest-1", ownRun)
        file.append("guest-2", RunID(boot: boot, process: CurrentProcess.id, startTicks: 1))
        #expect(file.memory.treated.count == 2)
        #expect(open().memory.treated == ["guest-1": ownRun])
    }

    @Test func `Fires of runs that go on are kept, and no cut line becomes another one`() throws {
        let fire = Fire(time: "2026-11-27T11:26:46+01:00", action: "reset")
        let file = open()
        file.append("guest-1", RunFire(run: ownRun, fire: Fire(time: "earlier", action: "none")))
        file.append("guest-1", RunFire(run: ownRun, fire: fire))
        let ended = RunID(boot: boot, process: CurrentProcess.id, startTicks: 1)
        file.append("guest-2", RunFire(run: ended, fire: fire))
        #expect(open().memory.fires == ["guest-1": RunFire(run: ownRun, fire: fire)])
        #expect(open().memory.treated.isEmpty)
        let text = try String(
            contentsOf: folder.url.appending(path: "runs"), encoding: .utf8)
        let words = text.split(separator: "\n")[1].split(separator: " ")
        for count in 1..<words.count {
            let cut = "first boot-1 1\n" + words.prefix(count).joined(separator: " ")
            let memory = try #require(Memory(of: boot, in: cut))
            #expect(memory.treated.isEmpty && memory.fires.isEmpty)
        }
    }

    @Test(arguments: [
        "", "garbage", "first", "first boot-1", "first boot-1 -4", "first boot-2 70",
        "first boot-1 70 more", "\u{0}\u{1}\u{2}",
    ])
    func `A broken file begins anew, so guests that run wait for the operator`(
        _ text: String
    ) throws {
        _ = try folder.write("runs", text)
        let memory = open().memory
        #expect(memory.treated.isEmpty)
        #expect(memory.firstTicks > 70)
    }

    @Test func `A pipe or a link in the place of the file is replaced`() throws {
        let path = folder.url.appending(path: "runs").path
        try #require(mkfifo(path, 0o644) == 0)
        #expect(open().memory.treated.isEmpty)
        #expect(
            try FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
                == .typeRegular)
        let other = try folder.write("other", "first boot-1 70")
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: other.path)
        #expect(open().memory.firstTicks > 70)
        #expect(try String(contentsOf: other, encoding: .utf8) == "first boot-1 70")
    }

    @Test func `A broken line costs only itself`() throws {
        _ = try folder.write(
            "runs",
            "first boot-1 70\nguest-0 boo\n\(ownRun.text)\nguest-1 \(ownRun.text)\nguest-2 b/1")
        let memory = open().memory
        #expect(memory.firstTicks == 70)
        #expect(memory.treated == ["guest-1": ownRun])
    }

    @Test func `A file that cannot be written is reported once, and written whole later`() throws {
        var lines: [LogLine] = []
        let file = open { lines.append($0) }
        let path = folder.url.appending(path: "runs")
        try FileManager.default.removeItem(at: path)
        file.append("guest-1", ownRun)
        file.append("guest-2", ownRun)
        #expect(lines.count == 1)
        #expect(open().memory.treated == ["guest-1": ownRun, "guest-2": ownRun])
    }
}
