import Foundation
import TestSupport
import Testing

extension LiveTests {
    /// A host in trouble while guests start: daemons and protectors that are killed, guests that go away
    /// under a protector's hands, and others who want something of libvirt meanwhile.
    ///
    /// Every run of the live tests has a few of each, and `Tests/run faults` has many.
    struct Faults {}
}

extension LiveTests.Faults {
    private static let environment = ProcessInfo.processInfo.environment

    /// Whether all of it is run, as by `Tests/run faults`.
    static let isWhole = environment["LAB_FAULTS"] == "full"

    /// How often a test does what it does.
    static func times(_ usual: Int, whole: Int) -> Int {
        isWhole ? whole : usual
    }

    /// The random numbers of a test.
    ///
    /// Their seed is printed; with it in `LAB_FAULTS_SEED`, the test has the same numbers again.
    static func chance(of test: String) -> SplitMix64 {
        let seed = environment["LAB_FAULTS_SEED"].flatMap(UInt64.init) ?? .random(in: 0..<1_000_000)
        say("\(test): LAB_FAULTS_SEED=\(seed)")
        return SplitMix64(seed: seed)
    }

    /// Says what a test did, at once, whatever becomes of it.
    static func say(_ text: String) {
        FileHandle.standardError.write(Data("faults: \(text)\n".utf8))
    }

    /// Machines that boot nothing, a pc and a q35.
    static let machines = MachineDefinition.all
        .filter { ["pc", "q35, an empty port"].contains($0.label) }
        .map {
            var machine = $0
            machine.memory = 32
            return machine
        }

    /// Defines a guest that boots nothing.
    static func guest(_ name: String, _ number: Int = 0) throws -> LabGuest {
        let machine = machines[number % machines.count]
        return try LabGuest(name, .shutOff, definition: machine.definition(of: name))
    }

    /// Waits for a random part of a time.
    static func wait(upTo limit: Duration, by chance: inout SplitMix64) {
        let microseconds = Int64(limit / .microseconds(1))
        usleep(useconds_t(Int64.random(in: 0...max(1, microseconds), using: &chance)))
    }

    /// Waits until no protector is left, and no zombie of one, for which nobody waits.
    static func waitUntilQuiet(at location: SourceLocation = #_sourceLocation) throws {
        try Lab.wait(for: "the end of all protectors", at: location) {
            try LabProtector.all().isEmpty && zombies().isEmpty
        }
    }

    /// What the kernel says of protectors that have ended, and for which nobody has waited.
    private static func zombies() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc")
            .compactMap { try? String(contentsOfFile: "/proc/\($0)/stat", encoding: .utf8) }
            .filter { $0.contains("(virt-watchdog") && $0.contains(") Z ") }
    }

    /// The lines of the log that say of something that it went wrong, from a moment on.
    static func alarms(after count: Int = 0) throws -> [String] {
        try Lab.log().dropFirst(count).filter { $0.contains(".err virt-watchdog[") }
    }
}

/// A protector that runs, found by its command line.
struct LabProtector {
    /// Its process ID.
    let id: pid_t

    /// All of the lab: a lab does not see the processes of others.
    static func all() -> [LabProtector] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { pid_t($0) }.filter { id in
            // Not readable once it has gone, and empty of a zombie.
            let line = (try? Data(contentsOf: URL(filePath: "/proc/\(id)/cmdline"))) ?? Data()
            return line.starts(with: Data("\(Lab.tool)\0protect\0".utf8))
        }.map(LabProtector.init)
    }

    /// Sends a signal, and tells whether it was still there.
    @discardableResult
    func send(_ signal: Int32) -> Bool {
        kill(id, signal) == 0
    }
}

/// A trap for protectors, in place of the tool: it sends one of them a signal at a moment of its life.
///
/// That life is some 30 ms, and a test that looks for it among the processes is often too late. None
/// stands by, so that it begins when the guest runs.
final class LabTrap {
    private static let real = Lab.tool + "-real"
    private let folder: TemporaryFolder
    /// How long it is to wait, in seconds; gone once a protector is in the trap.
    private let delay: URL
    /// The process ID of the protector, or `late`.
    private let result: URL

    init(_ signal: String) throws {
        folder = try TemporaryFolder()
        delay = folder.url.appending(path: "delay")
        result = folder.url.appending(path: "result")
        let script = """
            #!/bin/bash
            [ "${!#}" != --standby ] || exit 0
            id=$$
            if [ "$1" = protect ] && mv \(delay.path) \(delay.path)-$id 2>/dev/null; then
                (
                    sleep "$(cat \(delay.path)-$id)"
                    kill -\(signal) $id && result=$id || result=late
                    echo "$result" >\(result.path)-new
                    mv \(result.path)-new \(result.path)
                ) &
            fi
            exec -a \(Lab.tool) \(Self.real) "$@"
            """
        try Lab.run("/bin/mv", [Lab.tool, Self.real])
        try Data(script.utf8).write(to: URL(filePath: Lab.tool))
        try Lab.run("/bin/chmod", ["0755", Lab.tool])
    }

    deinit {
        _ = try? Command("/bin/mv", ["-f", Self.real, Lab.tool]).run()
    }

    /// Sets it for the next protector that starts.
    ///
    /// One that lingers would take the guest over, and is killed.
    func set(after time: Duration) throws {
        for protector in LabProtector.all() { protector.send(SIGKILL) }
        try Lab.wait(for: "the end of the protectors at work") { LabProtector.all().isEmpty }
        try? FileManager.default.removeItem(at: result)
        try Data(String(format: "%.3f", time / .seconds(1)).utf8)
            .write(to: delay, options: .atomic)
    }

    /// Waits until the moment has come.
    ///
    /// - Returns: The protector, or nothing if it was gone by then.
    func waitsForProtector(
        at location: SourceLocation = #_sourceLocation
    ) throws -> LabProtector? {
        try Lab.wait(for: "a protector in the trap", at: location) {
            FileManager.default.fileExists(atPath: result.path)
        }
        let text = try String(contentsOf: result, encoding: .utf8)
        return pid_t(text.trimmingCharacters(in: .newlines)).map(LabProtector.init)
    }
}

extension LabGuest {
    /// Starts what starts the guest.
    func starts() throws -> RunningCommand {
        try RunningCommand(Command("/usr/bin/virsh", ["--quiet", "start", name]))
    }

    /// How often the hook was there when the guest came to run.
    func countOfStarts() throws -> Int {
        try Lab.log(of: name).count { $0.contains("op=started") }
    }

    /// Waits until libvirt and QEMU agree that the guest has a watchdog; it must never have two.
    func waitsUntilProtected(
        _ seconds: Double = 60, at location: SourceLocation = #_sourceLocation
    ) throws {
        try Lab.wait(seconds, for: "the watchdog of \(name)", at: location) {
            let defined = try watchdogs().count
            let emulated = try emulatedWatchdogs()
            try #require(max(defined, emulated) <= 1, "\(name)", sourceLocation: location)
            return defined == 1 && emulated == 1
        }
    }
}
