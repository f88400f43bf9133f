// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests {
    /// The service on a host without a hook: it alone protects guests.
    struct Service {}
}

extension LiveTests.Service {
    /// Whether the tests use their big numbers, as `Tests/run faults` does.
    static let isWhole = LiveTests.Faults.isWhole

    static func times(_ usual: Int, whole: Int) -> Int {
        LiveTests.Faults.times(usual, whole: whole)
    }

    /// Prints a figure or a seed at once.
    static func say(_ text: String) {
        FileHandle.standardError.write(Data("service: \(text)\n".utf8))
    }

    /// Defines a guest that boots nothing: of even numbers a pc, of odd numbers a q35.
    static func guest(_ name: String, _ number: Int = 0) throws -> LabGuest {
        try LiveTests.Faults.guest("s-\(name)", number)
    }

    /// Returns the definition of the smallest guest: 16 MiB, no disk.
    static func tinyDefinition(_ name: String) -> String {
        var machine = LiveTests.Faults.machines[0]
        machine.memory = 16
        return machine.definition(of: name)
    }

    /// Measures how long a virsh command takes, several times.
    static func durations(
        _ count: Int = 20, of arguments: [String], at location: SourceLocation = #_sourceLocation
    ) throws -> [Duration] {
        try (0..<count).map { _ in
            let start = ContinuousClock.now
            let command = try RunningCommand(Command("/usr/bin/virsh", ["--quiet"] + arguments))
            let ending = try command.finish(within: .seconds(10))
            let duration = ContinuousClock.now - start
            try #require(
                ending.outcome.status == 0, "\(ending.outcome.errorText)", sourceLocation: location)
            return duration
        }.sorted()
    }

    /// Returns the median and the worst of sorted durations, in milliseconds.
    static func milliseconds(_ durations: [Duration]) -> (median: Int, worst: Int) {
        (
            Int(durations[durations.count / 2] / .milliseconds(1)),
            Int((durations.last ?? .zero) / .milliseconds(1))
        )
    }

    /// Brings back a daemon that a test has ended and, having failed, not started again.
    static func startDaemonIfItIsGone() {
        _ = try? Command(Lab.script, ["start-daemon"]).run()
    }

    /// Returns the process IDs that wrote lines of the log.
    static func writers(of lines: some Sequence<String>) -> Set<pid_t> {
        Set(
            lines.compactMap { line in
                line.split(separator: "virt-watchdog[").last?.prefix { $0 != "]" }
            }.compactMap { pid_t($0) })
    }
}

/// The hook, moved away until this object is gone.
final class LabHookAway {
    static let hook = "/etc/libvirt/hooks/qemu"
    private static let away = "/etc/libvirt/qemu-hook-away"
    private let daemon: pid_t?

    init() throws {
        daemon = try? Lab.daemon()
        try Lab.run("/bin/mv", [Self.hook, Self.away])
    }

    deinit {
        _ = try? Command("/bin/mv", [Self.away, Self.hook]).run()
        // A daemon that started without a hook calls none until it reloads.
        if let now = try? Lab.daemon(), now != daemon, kill(now, SIGHUP) == 0 { usleep(300_000) }
    }
}

/// Another hook, in `qemu.d`, until this object is gone.
final class LabOtherHook {
    private let file: URL

    /// Installs a shell script, with libvirt's arguments in `$1` to `$4`.
    init(_ name: String, _ script: String) throws {
        file = URL(filePath: LabHookAway.hook + ".d/\(name)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("#!/bin/sh\n\(script)\n".utf8).write(to: file)
        try Lab.run("/bin/chmod", ["0755", file.path])
        // A daemon that started without a hook calls none until it reloads.
        try #require(kill(Lab.daemon(), SIGHUP) == 0)
        usleep(300_000)
    }

    deinit {
        try? FileManager.default.removeItem(at: file)
    }
}

/// The service, as a process of the test.
final class LabService {
    static let program = "/usr/sbin/virt-watchdogd"
    static let directory = "/run/libvirt/virt-watchdog"

    /// What the service writes about itself.
    struct State: Decodable {
        struct Guest: Decodable {
            var name: String
            var reason: String?
        }

        var process: pid_t
        var isConnected: Bool
        var running: Int
        var treated: Int
        var waiting: [Guest]
        var notAnswering: [Guest]
        var failed: [Guest]
    }

    private let host: LabHost
    private let environment: [String: String]
    private var command: RunningCommand

    /// Starts the service.
    ///
    /// - Parameters:
    ///   - environment: More variables for it.
    ///   - isConnected: Whether to wait until it follows libvirt's events.
    init(
        on host: LabHost = .own, environment: [String: String] = [:], isConnected: Bool = true,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        self.host = host
        self.environment = environment
        command = try Self.start(on: host, environment)
        if isConnected { try waitUntilConnected(at: location) }
    }

    private static func start(
        on host: LabHost, _ environment: [String: String]
    ) throws -> RunningCommand {
        var command = host.command(program, [])
        command.environment.merge(environment) { $1 }
        return try RunningCommand(command)
    }

    /// The process ID; of a service on another host, that of the program that runs it there.
    var id: pid_t { command.id }

    /// Returns what the running service wrote last; nothing where it wrote nothing yet.
    func state() throws -> State? {
        let file = Self.directory + "/state"
        let text: String
        if host == .own {
            guard let contents = try? String(contentsOfFile: file, encoding: .utf8) else {
                return nil
            }
            text = contents
        } else {
            let outcome = try { try $0.run() }(host.command("/bin/cat", [file]))
            guard outcome.status == 0 else { return nil }
            text = outcome.text
        }
        let state = try JSONDecoder().decode(State.self, from: Data(text.utf8))
        // An earlier service leaves its file.
        return host != .own || state.process == id ? state : nil
    }

    /// Waits until the state says something.
    func waits(
        _ seconds: Double = 20, for what: String, at location: SourceLocation = #_sourceLocation,
        until holds: (State) throws -> Bool
    ) throws {
        try Lab.wait(seconds, for: "the service's state: \(what)", at: location) {
            try state().map(holds) ?? false
        }
    }

    func waitUntilConnected(at location: SourceLocation = #_sourceLocation) throws {
        try waits(for: "connected", at: location) { $0.isConnected }
    }

    /// Ends the service by SIGTERM, and expects that it ends orderly, within two seconds.
    @discardableResult
    func end(at location: SourceLocation = #_sourceLocation) throws -> Command.Outcome {
        command.send(signal: SIGTERM)
        let outcome = try command.finish(within: .seconds(2)).outcome
        #expect(outcome.status == 0, "\(outcome.errorText)", sourceLocation: location)
        return outcome
    }

    /// Waits for a service that ends by itself.
    func ends(within limit: Duration) throws -> Command.Outcome {
        try command.finish(within: limit, closesInput: false).outcome
    }

    /// Sends a signal.
    func send(_ signal: Int32) {
        command.send(signal: signal)
    }

    /// Kills the service at once.
    func kill() throws {
        command.send(signal: SIGKILL)
        _ = try command.finish(within: .seconds(5))
    }

    /// Starts the service again after its end.
    func startAgain(
        isConnected: Bool = true, at location: SourceLocation = #_sourceLocation
    ) throws {
        command = try Self.start(on: host, environment)
        if isConnected { try waitUntilConnected(at: location) }
    }
}

/// Debuggers that hold the main threads of QEMUs, which do not answer until this object is gone.
final class LabDebugger {
    /// Seizes and interrupts each process's main thread by ptrace; its other threads go on.
    private static let script = """
        import ctypes, os, signal, sys
        ptrace = ctypes.CDLL(None, use_errno=True).ptrace
        ptrace.restype = ctypes.c_long
        ptrace.argtypes = [ctypes.c_long] * 4
        SEIZE, INTERRUPT, WALL = 0x4206, 0x4207, 0x40000000
        for process in map(int, sys.argv[2:]):
            if ptrace(SEIZE, process, 0, 0) or ptrace(INTERRUPT, process, 0, 0):
                sys.exit(os.strerror(ctypes.get_errno()))
            os.waitpid(process, WALL)
        with open(f"{sys.argv[1]}/new-{os.getpid()}", "w") as file:
            file.write(f"{os.getpid()}\\n")
        os.rename(file.name, f"{sys.argv[1]}/debugger-{sys.argv[2]}")
        while True:
            signal.pause()
        """
    private let folder: TemporaryFolder
    private let program: URL
    private var command: RunningCommand?
    private var hook: LabOtherHook?

    private init() throws {
        folder = try TemporaryFolder()
        program = try folder.write("hold.py", Self.script)
    }

    /// Holds guests that run.
    convenience init(
        holding guests: LabHerd, at location: SourceLocation = #_sourceLocation
    ) throws {
        try self.init()
        let processes = try guests.processes()
        command = try RunningCommand(
            Command("/usr/bin/python3", [program.path, folder.url.path] + processes))
        try Lab.wait(for: "the debugger", at: location) { try !debuggers().isEmpty }
    }

    /// Holds each guest with a name of that shell pattern as it starts, before libvirt tells of it.
    static func hook(holding pattern: String) throws -> LabDebugger {
        let debugger = try LabDebugger()
        let folder = debugger.folder.url.path
        debugger.hook = try LabOtherHook(
            "50-hold",
            """
            [ "$2" = started ] || exit 0
            case $1 in \(pattern)) ;; *) exit 0 ;; esac
            id=$(cat "/run/libvirt/qemu/$1.pid")
            setsid python3 \(debugger.program.path) \(folder) "$id" </dev/null >/dev/null 2>&1 &
            until [ -e "\(folder)/debugger-$id" ]; do sleep 0.02; done
            """)
        return debugger
    }

    deinit { letGo() }

    private func debuggers() throws -> [pid_t] {
        try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
            .filter { $0.hasPrefix("debugger-") }
            .compactMap { name in
                let file = folder.url.appending(path: name)
                let text = try String(contentsOf: file, encoding: .utf8)
                return pid_t(text.trimmingCharacters(in: .newlines))
            }
    }

    /// Lets the QEMUs go on.
    func letGo() {
        hook = nil
        for debugger in (try? debuggers()) ?? [] { kill(debugger, SIGKILL) }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.url.path)) ?? []
        where name.hasPrefix("debugger-") {
            try? FileManager.default.removeItem(at: folder.url.appending(path: name))
        }
        command = nil
    }
}

/// Many guests that boot nothing, made by few clients, and gone with this object.
final class LabHerd {
    /// The way in which the guests start.
    enum Birth {
        /// They are created.
        case created
        /// They are created, and their processors do not run.
        case paused
        /// They are defined, and libvirt's daemon starts them when it starts.
        case autostarting
    }

    let names: [String]
    private let birth: Birth

    init(
        _ name: String, _ count: Int, _ birth: Birth = .created,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        names = (0..<count).map { "s-\(name)-\($0)" }
        self.birth = birth
        let commands = try names.map { name in
            let file = Lab.folder.appending(path: "\(name).xml")
            try Data(LiveTests.Service.tinyDefinition(name).utf8).write(to: file)
            return switch birth {
            case .created: "create \(file.path)"
            case .paused: "create \(file.path) --paused"
            case .autostarting: "define \(file.path); autostart \(name)"
            }
        }
        let outcomes = try Self.run(commands)
        for outcome in outcomes {
            try #require(outcome.status == 0, "\(outcome.errorText)", sourceLocation: location)
        }
    }

    deinit {
        _ = try? Self.run(
            names.map { birth == .autostarting ? "destroy \($0); undefine \($0)" : "destroy \($0)" }
        )
    }

    /// Has four clients run commands of virsh, each a part of them.
    private static func run(_ commands: [String]) throws -> [Command.Outcome] {
        let clients = 4
        return try (0..<clients).map { client in
            let own = commands.indices.filter { $0 % clients == client }.map { commands[$0] }
            return try RunningCommand(
                Command("/usr/bin/virsh", ["--quiet", own.joined(separator: "; ")]))
        }.map { try $0.finish(within: .seconds(180)).outcome }
    }

    /// The process IDs of the QEMUs.
    func processes() throws -> [String] {
        try names.map { try String(contentsOfFile: "/run/libvirt/qemu/\($0).pid", encoding: .utf8) }
    }

    /// Sends all QEMUs a signal.
    func signalQEMUs(_ signal: Int32) throws {
        for process in try processes() {
            try #require(pid_t(process).map { kill($0, signal) } == 0)
        }
    }

    /// Returns how many calls to QEMUs have not returned.
    func stuckCalls() throws -> Int {
        try Lab.virsh(names.map { "domcontrol \($0)" }.joined(separator: "; "))
            .ranges(of: "occupied").count
    }

    /// Waits until libvirt and QEMU agree that each guest has one watchdog.
    func waitsUntilProtected(
        _ seconds: Double = 30, at location: SourceLocation = #_sourceLocation
    ) throws {
        try Lab.wait(
            seconds, for: "the watchdogs of all \(names.count)", every: .milliseconds(500),
            at: location
        ) {
            let definitions = try Self.counts(
                of: "<watchdog model='i6300esb'", names.map { "dumpxml \($0)" }, split: "</domain>")
            return definitions == names.map { _ in 1 }
        }
        let trees = try Self.counts(
            of: "dev: i6300esb", names.map { "qemu-monitor-command \($0) --hmp 'info qtree'" },
            split: "bus: main-system-bus")
        #expect(trees == names.map { _ in 1 }, sourceLocation: location)
    }

    /// Returns how often a text is in the answer to each command; each answer has the separator once.
    private static func counts(
        of text: String, _ commands: [String], split separator: String
    ) throws -> [Int] {
        let answers = try Lab.virsh(commands.joined(separator: "; "))
        let parts = answers.split(separator: separator, omittingEmptySubsequences: false)
        let counts = parts.map { $0.ranges(of: text).count }
        // Behind the end of the last definition, or before the begin of the first tree.
        return separator.hasPrefix("</") ? counts.dropLast() : Array(counts.dropFirst())
    }
}
