// SPDX-License-Identifier: Apache-2.0

import Foundation
import Host
import System
import SystemPackage
import TestSupport
import Testing

@testable import virt_watchdog

/// A host in a temporary folder, which belongs to the user who runs the tests.
struct FakeHost {
    let folder: TemporaryFolder
    /// When the host started, since 1970.
    static let bootTime: Duration = .seconds(1_700_000_000)

    /// Makes a host with the interpreters of scripts, and nothing else on it.
    init() throws {
        folder = try TemporaryFolder()
        try makeFolder("etc/libvirt/hooks")
        for name in ["bin/sh", "bin/bash", "usr/bin/env", "usr/bin/bash", "usr/bin/python3"] {
            try write(name, FakeELF(text: "").bytes, mode: 0o755)
        }
    }

    /// The host as the checks see it.
    var host: LocalHost {
        LocalHost(
            root: root, paths: Paths(root: root), user: geteuid(), administrator: geteuid(),
            tool: root + "/usr/bin/virt-watchdog", bootTime: Self.bootTime)
    }

    var root: String { folder.url.path }

    var hooks: Hooks { Hooks(of: host) }

    func path(_ name: String) -> String { root + "/" + name }

    func makeFolder(_ name: String, mode: mode_t = 0o755) throws {
        try FileManager.default.createDirectory(
            atPath: path(name), withIntermediateDirectories: true)
        chmod(path(name), mode)
    }

    /// Writes a file.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o644) throws -> String {
        let file = try folder.write(name, Data(bytes)).path
        chmod(file, mode)
        return file
    }

    /// Writes a file of text.
    @discardableResult
    func write(_ name: String, _ text: String, mode: mode_t = 0o644) throws -> String {
        try write(name, Array(text.utf8), mode: mode)
    }

    /// Writes a script that is going to be run.
    ///
    /// Another process writes it: nothing that a test starts meanwhile may hold it open for writing,
    /// since it could not be executed then.
    @discardableResult
    func writeProgram(_ name: String, _ script: String) throws -> String {
        let file = path(name)
        try makeFolder(String(name.prefix(upTo: name.lastIndex(of: "/") ?? name.startIndex)))
        let outcome = try Command(
            "/bin/sh", ["-c", "cat >\"$0\" && chmod 0755 \"$0\"", file],
            input: Data("#!/bin/sh\n\(script)\n".utf8)
        ).run()
        #expect(outcome.status == 0)
        return file
    }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: path(name), withDestinationPath: target)
    }

    /// Puts our hook there.
    @discardableResult
    func putHook(_ name: String = "qemu", mode: mode_t = 0o755) throws -> String {
        try write("etc/libvirt/hooks/\(name)", FakeELF().bytes, mode: mode)
    }

    /// Puts another owner's script there.
    @discardableResult
    func putScript(
        _ name: String, _ text: String = "#!/bin/sh\n", mode: mode_t = 0o755
    ) throws -> String {
        try write("etc/libvirt/hooks/\(name)", text, mode: mode)
    }

    /// Lets a daemon run.
    ///
    /// - Parameter started: When it started, since 1970.
    /// - Returns: When it started, in ticks since the host did.
    @discardableResult
    func runDaemon(
        _ name: String = "libvirtd", id: Int = 321, comm: String? = nil, started: Duration,
        isNoted: Bool = true
    ) throws -> Int {
        let age = (started - Self.bootTime).components
        let perSecond = Int(Clock.ticksPerSecond)
        let ticks =
            Int(age.seconds) * perSecond
            + Int(age.attoseconds / (1_000_000_000_000_000_000 / Int64(perSecond)))
        let comm = comm ?? name
        try write("proc/\(id)/comm", comm + "\n")
        let before = (4...21).map(String.init).joined(separator: " ")
        try write("proc/\(id)/stat", "\(id) (\(comm)) S \(before) \(ticks) 23 24\n")
        if isNoted { try write("run/\(name).pid", "\(id)\n") }
        return ticks
    }

    /// Writes the log file that a daemon has open.
    ///
    /// - Parameter messages: Each with its time since 1970.
    func writeDaemonLog(_ messages: [(time: Duration, text: String)], id: Int = 321) throws {
        let lines = messages.map { message in
            let seconds = Double(message.time.components.seconds)
            let milliseconds = message.time.components.attoseconds / 1_000_000_000_000_000
            let moment = Date(timeIntervalSince1970: seconds).ISO8601Format()
                .replacingOccurrences(of: "T", with: " ").dropLast()
            return
                "\(moment).\(String(format: "%03d", milliseconds))+0000: \(id): \(message.text)\n"
        }
        try write("var/log/libvirt/libvirtd.log", lines.joined())
        try makeFolder("proc/\(id)/fd")
        if (try? FileManager.default.destinationOfSymbolicLink(atPath: path("proc/\(id)/fd/3")))
            == nil
        {
            try link("proc/\(id)/fd/3", to: "/var/log/libvirt/libvirtd.log")
        }
    }

    /// When a file last changed.
    func changed(_ path: String) throws -> Duration { try Stat(path).changed }
}

/// An executable with nothing to execute.
struct FakeELF {
    var interpreter: String?
    var text = "urn:virt-watchdog:policy:1"
    var isWide = true
    var isBigEndian = false
    /// The processor, by its number; this host's own.
    var machine = ELFFile.Target.ofThisHost.map { Int($0.machine) } ?? 62
    /// A program.
    var type = 2

    var bytes: [UInt8] {
        func number(_ value: Int, _ length: Int) -> [UInt8] {
            let little = (0..<length).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
            return isBigEndian ? little.reversed() : little
        }
        func word(_ value: Int) -> [UInt8] { number(value, isWide ? 8 : 4) }
        let headerLength = isWide ? 64 : 52
        let entryLength = isWide ? 56 : 32
        let count = interpreter == nil ? 1 : 2
        let contents = headerLength + count * entryLength
        let name: [UInt8] = interpreter.map { Array($0.utf8) + [0] } ?? []

        func entry(_ type: Int, _ offset: Int, _ length: Int) -> [UInt8] {
            isWide
                ? number(type, 4) + number(0, 4) + word(offset) + word(0) + word(0) + word(length)
                    + word(length) + word(0)
                : number(type, 4) + word(offset) + word(0) + word(0) + word(length) + word(length)
                    + word(0) + word(0)
        }
        var bytes = ELFFile.magic + [isWide ? 2 : 1, isBigEndian ? 2 : 1, 1]
        bytes +=
            [UInt8](repeating: 0, count: 9) + number(type, 2) + number(machine, 2) + number(1, 4)
        bytes += word(0) + word(headerLength) + word(0) + number(0, 4) + number(headerLength, 2)
        bytes += number(entryLength, 2) + number(count, 2) + [UInt8](repeating: 0, count: 6)
        bytes += entry(1, 0, contents)
        if interpreter != nil { bytes += entry(3, contents, name.count) }
        return bytes + name + Array(text.utf8)
    }
}

extension [Finding] {
    /// What a check found, as `level message -> remedy` lines.
    func lines(_ check: Check) -> [String] {
        filter { $0.check == check }.map(\.line)
    }
}

extension Finding {
    /// The finding on one line.
    var line: String { "\(level.rawValue) \(message)" + (remedy.map { " -> \($0)" } ?? "") }
}
