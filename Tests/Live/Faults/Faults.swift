// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests {
    /// A host in trouble while guests start: daemons and one-shots that are killed, guests that go away
    /// during a one-shot's work, and other clients of libvirt meanwhile.
    ///
    /// Every run of the live tests has a few of each, and `Tests/run faults` has many.
    struct Faults {}
}

extension LiveTests.Faults {
    private static let environment = ProcessInfo.processInfo.environment

    /// Whether all of it is run, as by `Tests/run faults`.
    static let isWhole = environment["LAB_FAULTS"] == "full"

    /// The number of a test's rounds.
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
    static let machines = MatrixMachine.all
        .filter { ["pc", "q35, an empty port"].contains($0.label) }
        .map {
            var machine = $0.definition
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

    /// The lines of the log that say of something that it went wrong, from a moment on.
    static func alarms(after count: Int = 0) throws -> [String] {
        try Lab.log().dropFirst(count).filter { $0.contains(".err virt-watchdog[") }
    }
}

/// A trap for one-shots, in place of their program: it sends one of them a signal at a moment of its life.
///
/// That life is some 30 ms, and a test that looks for it among the processes is often too late.
final class LabTrap {
    private let folder: TemporaryFolder
    /// How long it is to wait, in seconds; gone once a one-shot is in the trap.
    private let delay: URL
    /// The process ID of the one-shot, or `late`.
    private let result: URL
    private let standIn: LabStandIn

    init(_ signal: String) throws {
        folder = try TemporaryFolder()
        let delay = folder.url.appending(path: "delay")
        let result = folder.url.appending(path: "result")
        (self.delay, self.result) = (delay, result)
        standIn = try LabStandIn(for: LabOneShot.program) { real in
            """
            #!/bin/bash
            id=$$
            if [ "$1" = --guest ] && mv \(delay.path) \(delay.path)-$id 2>/dev/null; then
                (
                    sleep "$(cat \(delay.path)-$id)"
                    kill -\(signal) $id && result=$id || result=late
                    echo "$result" >\(result.path)-new
                    mv \(result.path)-new \(result.path)
                ) &
            fi
            exec -a \(LabOneShot.program) \(real) "$@"
            """
        }
    }

    /// Sets it for the next one-shot that starts.
    func set(after time: Duration) throws {
        try LabOneShot.waitUntilNoneIsLeft()
        try? FileManager.default.removeItem(at: result)
        try Data(String(format: "%.3f", time / .seconds(1)).utf8)
            .write(to: delay, options: .atomic)
    }

    /// Waits until the moment has come.
    ///
    /// - Returns: The one-shot, or nothing if it was gone by then.
    func waitsForOneShot(
        at location: SourceLocation = #_sourceLocation
    ) throws -> LabOneShot? {
        try Lab.wait(for: "a one-shot in the trap", at: location) {
            FileManager.default.fileExists(atPath: result.path)
        }
        let text = try String(contentsOf: result, encoding: .utf8)
        return pid_t(text.trimmingCharacters(in: .newlines)).map(LabOneShot.init)
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
