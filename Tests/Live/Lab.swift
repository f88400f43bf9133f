// SPDX-License-Identifier: Apache-2.0

import Foundation
import FoundationXML
import TestSupport
import Testing

/// The lab that the tests run in: `Tests/Live/lab/lab run` starts it around them.
enum Lab {
    private static let environment = ProcessInfo.processInfo.environment

    /// Whether the tests run in the lab.
    static let isHere = environment["LAB"] == "1"

    /// The folder of this run, with the logs.
    static let folder = URL(filePath: environment["LAB_DIR"] ?? "/nonexistent")

    /// The host's properties file, as the hook looks for it.
    static let properties = URL(filePath: "/etc/virt-watchdog/agent.properties")

    /// The installed tool.
    static let tool = "/usr/bin/virt-watchdog"

    static let script = Repository.root.appending(path: "Tests/Live/lab/lab").path

    /// Runs a program and returns its output. A failure is an issue of the test.
    @discardableResult
    static func run(
        _ path: String, _ arguments: [String], at location: SourceLocation = #_sourceLocation
    ) throws -> String {
        let outcome = try Command(path, arguments).run()
        #expect(
            outcome.status == 0,
            "\(path) \(arguments.joined(separator: " ")): \(outcome.text)\(outcome.errorText)",
            sourceLocation: location)
        return outcome.text
    }

    /// Runs virsh.
    @discardableResult
    static func virsh(
        _ arguments: String..., at location: SourceLocation = #_sourceLocation
    ) throws -> String {
        try LabHost.own.virsh(arguments, at: location)
    }

    /// Calls the lab's own script.
    @discardableResult
    static func script(
        _ arguments: [String], at location: SourceLocation = #_sourceLocation
    ) throws -> String {
        try run(script, arguments, at: location)
    }

    /// Writes the host's policy.
    static func setPolicy(_ text: String) throws {
        try FileManager.default.createDirectory(
            at: properties.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: properties)
    }

    /// What virt-watchdog wrote to the log about a guest, in order.
    static func log(of guest: String) throws -> [String] {
        try LabHost.own.log(of: guest)
    }

    /// What virt-watchdog wrote to the log, in order.
    static func log() throws -> [String] {
        try LabHost.own.log()
    }

    /// The name of the daemon that runs the lab's guests: `libvirtd` or `virtqemud`.
    static let daemonName = environment["LAB_DAEMON"] ?? "libvirtd"

    /// The daemon's process ID.
    static func daemon() throws -> pid_t {
        let text = try String(contentsOfFile: "/run/\(daemonName).pid", encoding: .utf8)
        return try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    /// Does something while the daemon is stopped.
    static func whileDaemonHangs(_ body: () throws -> Void) throws {
        let process = try daemon()
        try #require(kill(process, SIGSTOP) == 0)
        defer { kill(process, SIGCONT) }
        try body()
    }

    /// Waits until something holds, at most for so many seconds.
    static func wait(
        _ seconds: Double = 60, for what: String, every interval: Duration = .milliseconds(50),
        at location: SourceLocation = #_sourceLocation, until holds: () throws -> Bool
    ) throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while try !holds() {
            guard ContinuousClock.now < deadline else {
                try #require(
                    Bool(false), "not within \(seconds) s: \(what)", sourceLocation: location)
                return
            }
            usleep(useconds_t(interval / .microseconds(1)))
        }
    }
}

/// A host of the lab: its own, or another host for guests to migrate to.
struct LabHost: Equatable {
    /// The lab's own host.
    static let own = LabHost(name: nil)

    /// The lab's own host as an ordinary user sees it, with a libvirtd of the user's.
    static let user: LabHost = {
        // The first call makes the user, and two at once would both want to.
        _ = try? Command(Lab.script, ["as-user", "true"]).run()
        return LabHost(
            name: nil, way: ["as-user"], guests: URL(filePath: "/home/someone"))
    }()

    /// Returns the lab's own host as the user sees it after some words, such as `env NAME=VALUE`.
    static func user(after words: [String]) -> LabHost {
        LabHost(name: nil, way: user.way + words, guests: user.guests)
    }

    /// The host's name, or nothing for the lab's own.
    let name: String?
    /// What the lab's script is told so that something is done there.
    private let way: [String]
    /// Where the files of guests are.
    let guests: URL

    private init(name: String?, way: [String] = [], guests: URL = Lab.folder) {
        self.name = name
        self.way = way
        self.guests = guests
    }

    /// Makes another host, with the hook and the policy that the lab's own has now.
    init(adding name: String, at location: SourceLocation = #_sourceLocation) throws {
        self.init(name: name, way: ["on", name])
        try Lab.script(["add-host", name], at: location)
    }

    /// A program with its arguments, to be run on the host.
    func command(_ path: String, _ arguments: [String]) -> Command {
        way.isEmpty ? Command(path, arguments) : Command(Lab.script, way + [path] + arguments)
    }

    /// Runs a program on the host and returns its output. A failure is an issue of the test.
    @discardableResult
    func run(
        _ path: String, _ arguments: [String], at location: SourceLocation = #_sourceLocation
    ) throws -> String {
        let command = command(path, arguments)
        return try Lab.run(command.path, command.arguments, at: location)
    }

    /// Runs virsh on the host.
    @discardableResult
    func virsh(
        _ arguments: [String], at location: SourceLocation = #_sourceLocation
    ) throws -> String {
        try run("/usr/bin/virsh", ["--quiet"] + arguments, at: location)
    }

    /// Writes the host's policy.
    func setPolicy(_ text: String) throws {
        guard name != nil else { return try Lab.setPolicy(text) }
        let write = "printf %s \"$1\" >\(Lab.properties.path)"
        try run("/bin/sh", ["-c", write, "sh", text])
    }

    /// What virt-watchdog wrote to the host's log about a guest, in order.
    func log(of guest: String) throws -> [String] {
        try log().filter { $0.contains("guest=\"\(guest)\"") }
    }

    /// What virt-watchdog wrote to the host's log, in order.
    func log() throws -> [String] {
        let folder = name.map { Lab.folder.appending(path: $0) } ?? Lab.folder
        return try String(contentsOf: folder.appending(path: "syslog"), encoding: .utf8)
            .split(separator: "\n")
            .filter { $0.contains("virt-watchdog[") }
            .map(String.init)
    }
}

/// A guest of the lab, gone with the last reference to it.
final class LabGuest {
    private(set) var name: String
    /// Where it is; a test that has it migrate says so.
    var host: LabHost
    private let isDefined: Bool

    /// How a guest starts.
    enum Birth: String, CustomTestStringConvertible {
        /// `virsh create`: transient.
        case created
        /// `virsh define`, then `virsh start`.
        case defined
        /// `virsh create --paused`: transient, and its processors have not run yet.
        case createdPaused
        /// `virsh define`, then `virsh start --paused`.
        case definedPaused
        /// `virsh define`, and no more.
        case shutOff

        /// Both usual ways to start a guest.
        static let usual: [Birth] = [.created, .defined]

        var testDescription: String { rawValue }
    }

    /// Starts a guest.
    ///
    /// - Parameters:
    ///   - options: What `lab domain` takes.
    ///   - hangsAfter: How many seconds after it armed its watchdog the guest hangs, if at all.
    ///   - host: Where it is started.
    convenience init(
        _ name: String, _ birth: Birth = .created, options: [String] = [], hangsAfter: Int? = nil,
        on host: LabHost = .own, at location: SourceLocation = #_sourceLocation
    ) throws {
        let file = try Self.definition(
            name, options, hangsAfter: hangsAfter, on: host, at: location)
        try self.init(name, birth, file, on: host, at: location)
    }

    /// Starts a guest with a definition of the test's own.
    convenience init(
        _ name: String, _ birth: Birth, definition: String, on host: LabHost = .own,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let file = host.guests.appending(path: "\(name).xml")
        try Data(definition.utf8).write(to: file)
        try self.init(name, birth, file, on: host, at: location)
    }

    private init(
        _ name: String, _ birth: Birth, _ file: URL, on host: LabHost, at location: SourceLocation
    ) throws {
        self.name = name
        self.host = host
        isDefined = birth != .created && birth != .createdPaused
        switch birth {
        case .created: try virsh("create", file.path, at: location)
        case .createdPaused: try virsh("create", file.path, "--paused", at: location)
        case .defined, .definedPaused, .shutOff: try virsh("define", file.path, at: location)
        }
        switch birth {
        case .defined: try virsh("start", name, at: location)
        case .definedPaused: try virsh("start", name, "--paused", at: location)
        case .created, .createdPaused, .shutOff: break
        }
    }

    deinit {
        _ = try? host.command("/usr/bin/virsh", ["destroy", name]).run()
        if isDefined {
            let everything = ["--managed-save", "--snapshots-metadata", "--nvram"]
            _ = try? host.command("/usr/bin/virsh", ["undefine", name] + everything).run()
        }
    }

    /// Runs virsh on the guest's host.
    @discardableResult
    func virsh(
        _ arguments: String..., at location: SourceLocation = #_sourceLocation
    ) throws -> String {
        try host.virsh(arguments, at: location)
    }

    /// Replaces the definition with the test's.
    func define(
        _ definition: String, at location: SourceLocation = #_sourceLocation
    ) throws {
        let file = Lab.folder.appending(path: "\(name).xml")
        try Data(definition.utf8).write(to: file)
        try virsh("define", file.path, at: location)
    }

    /// Gives it another name, while it does not run.
    func rename(to new: String, at location: SourceLocation = #_sourceLocation) throws {
        try virsh("domrename", name, new, at: location)
        name = new
    }

    /// Writes the definition of a guest without a watchdog.
    static func definition(
        _ name: String, _ options: [String], hangsAfter: Int? = nil, on host: LabHost = .own,
        at location: SourceLocation = #_sourceLocation
    ) throws -> URL {
        let hang = hangsAfter.map { ["--append", "lab.hang=\($0)"] } ?? []
        let text = try host.run(Lab.script, ["domain", name] + hang + options, at: location)
        let file = host.guests.appending(path: "\(name).xml")
        try Data(text.utf8).write(to: file)
        return file
    }

    /// The live definition.
    func definition() throws -> String {
        try virsh("dumpxml", name)
    }

    /// The live definition's watchdogs, except the iTCO that libvirt (9.1 and later) adds to each
    /// q35 machine by itself.
    func watchdogs() throws -> [LabWatchdog] {
        let document = try XMLDocument(xmlString: definition())
        return try document.nodes(forXPath: "/domain/devices/watchdog[@model != 'itco']").map {
            node in
            func value(_ path: String) throws -> String? {
                try node.nodes(forXPath: path).first?.stringValue
            }
            return LabWatchdog(
                model: try value("@model"), action: try value("@action"),
                alias: try value("alias/@name"), bus: try value("address/@bus"))
        }
    }

    func state() throws -> String {
        try virsh("domstate", name).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func uuid() throws -> String {
        try virsh("domuuid", name).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The process ID of its QEMU.
    func process() throws -> String {
        try String(contentsOfFile: "/run/libvirt/qemu/\(name).pid", encoding: .utf8)
    }

    /// What the guest printed on its serial console, by boot; each boot starts with `LAB boot`.
    func boots() throws -> [[String]] {
        let file = host.guests.appending(path: "\(name).serial")
        guard let data = try? Data(contentsOf: file) else { return [] }
        var boots: [[String]] = []
        for line in String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline) {
            if line == "LAB boot" { boots.append([]) }
            guard line.hasPrefix("LAB "), !boots.isEmpty else { continue }
            boots[boots.count - 1].append(String(line))
        }
        return boots
    }

    /// Waits until the guest prints a line that starts so, in its first, second, … boot.
    func waits(
        forLine prefix: String, inBoot boot: Int = 1, at location: SourceLocation = #_sourceLocation
    ) throws {
        try Lab.wait(for: "'\(prefix)' in boot \(boot) of \(name)", at: location) {
            let boots = try boots()
            return boots.count >= boot && boots[boot - 1].contains { $0.hasPrefix(prefix) }
        }
    }

    /// Waits until a line of the log about the guest has all these parts.
    func waits(
        forLog parts: String..., at location: SourceLocation = #_sourceLocation
    ) throws {
        try Lab.wait(for: "\(parts) in the log of \(name)", at: location) {
            try host.log(of: name).contains { line in parts.allSatisfy { line.contains($0) } }
        }
    }

    /// Whether the guest's kernel saw an i6300esb before it loaded any module.
    func seesWatchdog(inBoot boot: Int) throws -> Bool {
        try boots()[boot - 1].contains { $0.hasPrefix("LAB pci") && $0.hasSuffix("8086:25ab") }
    }
}

/// A watchdog in a live definition.
struct LabWatchdog: Equatable {
    var model: String?
    var action: String?
    var alias: String?
    var bus: String?
}

/// libvirt's events of all guests, from the moment that this was made.
final class LabEvents {
    private let process = Process()
    private let file: URL

    init(on host: LabHost = .own) throws {
        file = Lab.folder.appending(path: "events-\(UUID().uuidString)")
        try Data().write(to: file)
        let command = host.command("/usr/bin/virsh", ["event", "--all", "--loop", "--timestamp"])
        process.executableURL = URL(filePath: command.path)
        process.arguments = command.arguments
        process.standardOutput = try FileHandle(forWritingTo: file)
        // The caller of the tests waits until every copy of these is closed.
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        // virsh does not say when it listens; a guest of its own tells, by an event.
        let probe = "probe-\(process.processIdentifier)"
        let definition = try LabGuest.definition(probe, [], on: host)
        try Lab.wait(for: "virsh listening to events") {
            _ = try host.command("/usr/bin/virsh", ["define", definition.path]).run()
            _ = try host.command("/usr/bin/virsh", ["undefine", probe]).run()
            return try lines().contains { $0.contains("'\(probe)'") }
        }
    }

    deinit {
        // The tests run with SIGTERM blocked, and so does what they start.
        kill(process.processIdentifier, SIGKILL)
    }

    func lines() throws -> [String] {
        String(decoding: try Data(contentsOf: file), as: UTF8.self)
            .split(separator: "\n").map(String.init)
    }

    /// Waits for an event of a guest with all these parts.
    func waits(
        for parts: String..., of guest: LabGuest, at location: SourceLocation = #_sourceLocation
    ) throws {
        try Lab.wait(for: "event \(parts) of \(guest.name)", at: location) {
            try lines().contains { line in
                line.contains("'\(guest.name)'") && parts.allSatisfy { line.contains($0) }
            }
        }
    }
}

/// A program that runs while the test goes on.
final class Background {
    private let process = Process()

    init(_ command: Command) throws {
        process.executableURL = URL(filePath: command.path)
        process.arguments = command.arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    /// Waits for its end, and returns its exit status.
    func status() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }
}
