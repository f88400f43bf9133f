// SPDX-License-Identifier: Apache-2.0

import Foundation
import Host
import System
import TestSupport
import Testing
import WatchdogPolicy

/// The source of the policy, and the effect of an unusable file.
struct PolicySourceTests {
    private let folder: TemporaryFolder
    private let paths: Paths

    init() throws {
        folder = try TemporaryFolder()
        paths = Paths(root: folder.url.path)
    }

    private func write(_ name: String, _ text: String) throws -> String {
        try folder.write(name, text).path
    }

    private static let cloudstack = "etc/cloudstack/agent/agent.properties"
    private static let own = "etc/virt-watchdog/agent.properties"

    @Test func `Without a file the policy is the built-in one`() {
        #expect(PolicyLoader.load(paths) == .builtIn)
    }

    @Test func `CloudStack's file comes before ours, and a chosen one before both`() throws {
        let own = try write(Self.own, "vm.watchdog.action=pause")
        #expect(PolicyLoader.load(paths).file == own)
        #expect(PolicyLoader.load(paths).policy.action == .pause)
        let cloudstack = try write(Self.cloudstack, "vm.watchdog.action=dump")
        #expect(PolicyLoader.load(paths).file == cloudstack)
        #expect(PolicyLoader.load(paths).policy.action == .dump)
        let chosen = try write("chosen", "vm.watchdog.action=none")
        let report = PolicyLoader.load(
            Paths(root: folder.url.path, chosenProperties: chosen))
        #expect(report.file == chosen)
        #expect(report.policy.action == WatchdogAction.none)
    }

    @Test func `A chosen file that is not there leaves guests alone`() {
        let report = PolicyLoader.load(Paths(chosenProperties: folder.url.path + "/missing"))
        #expect(report.hasErrors)
        #expect(report.policy.fault?.contains("No such file") == true)
    }

    @Test func `A path through a file is a file that is not there`() throws {
        _ = try write("etc/cloudstack", "")
        #expect(PolicyLoader.load(paths) == .builtIn)
    }

    @Test(arguments: ["folder", "fifo", "socket-like", "large"])
    func `A directory or device in the place of the file leaves guests alone, at once`(
        kind: String
    ) throws {
        let path = folder.url.appending(path: Self.cloudstack)
        try FileManager.default.createDirectory(
            at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
        switch kind {
        case "folder":
            try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
        case "fifo": try #require(mkfifo(path.path, 0o600) == 0)
        case "socket-like":
            try FileManager.default.createSymbolicLink(
                atPath: path.path, withDestinationPath: "/dev/zero")
        default:
            try Data().write(to: path)
            truncate(path.path, 100 << 20)
        }
        let start = ContinuousClock.now
        let report = PolicyLoader.load(paths)
        #expect(ContinuousClock.now - start < .seconds(1))
        #expect(report.policy.fault != nil)
        #expect(report.file == path.path)
    }

    @Test(.disabled(if: Repository.isRoot))
    func `A file that others may not read leaves guests alone`() throws {
        let path = try write(Self.cloudstack, "vm.watchdog.action=pause")
        chmod(path, 0)
        #expect(PolicyLoader.load(paths).policy.fault?.contains("Permission denied") == true)
    }

    @Test func `An empty file gives the built-in policy with a warning`() throws {
        _ = try write(Self.own, "")
        let report = PolicyLoader.load(paths)
        #expect(report.policy == .builtIn)
        #expect(report.problems.map(\.severity) == [.warning])
    }

    @Test(arguments: [0.1, 0.25, 3600, 1e9, 1e17], ["vm.watchdog.action=pause", ""])
    func `A file dated in the future is read at once`(seconds: Double, text: String) throws {
        let path = try write(Self.own, text)
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        // A date beyond the file system's range becomes its latest date.
        let date = Double(now.tv_sec) + Double(now.tv_nsec) / 1e9 + seconds
        var times = [
            timespec(tv_sec: Int(date), tv_nsec: Int(date.truncatingRemainder(dividingBy: 1) * 1e9))
        ]
        times.append(times[0])
        try #require(utimensat(AT_FDCWD, path, times, 0) == 0)
        let start = ContinuousClock.now
        let report = PolicyLoader.load(paths)
        #expect(ContinuousClock.now - start < .milliseconds(50))
        #expect(report.policy.action == (text.isEmpty ? .reset : .pause))
    }

    @Test
    func `A file that CloudStack's agent rewrites in place is never read half-written`() throws {
        // More than one write's worth, with our key behind it.
        let padding = (0..<400).map { "some.other.key.\($0)=\(UUID().uuidString)\n" }.joined()
        let parts = [padding, "vm.watchdog.action=", "poweroff\n"]
        let path = try write(Self.cloudstack, parts.joined())
        let writer = Thread {
            for _ in 0..<25 {
                let file = open(path, O_WRONLY | O_TRUNC)
                for part in parts {
                    usleep(1000)
                    _ = part.withCString { Foundation.write(file, $0, strlen($0)) }
                }
                close(file)
                usleep(120_000)
            }
        }
        writer.start()
        var readings = 0
        while !writer.isFinished {
            let report = PolicyLoader.load(paths)
            #expect(report.policy == Policy(action: .poweroff), "\(report.problems)")
            readings += 1
            usleep(3000)
        }
        #expect(readings > 20)
    }
}
