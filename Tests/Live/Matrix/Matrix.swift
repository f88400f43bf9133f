// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests {
    /// The ways in which a guest starts, sleeps, moves, and outlives daemons: each ends with a
    /// guest that is reset when it hangs, or with a plain reason why it cannot be.
    ///
    /// A way on a machine type is a cell of a table, which `Tests/run matrix` makes for all versions of
    /// libvirt that it has.
    struct Matrix {}
}

extension LiveTests.Matrix {
    /// Whether all of the matrix is run, as by `Tests/run matrix`, and not the part of it that every
    /// run of the live tests has time for.
    static let isWhole = ProcessInfo.processInfo.environment["LAB_MATRIX"] == "full"

    /// Why a test is not run.
    static let isOfWhole: Comment = "one of the whole matrix: run sudo ./Tests/run matrix"

    /// The machine types that guests of the lab have.
    static let machines = ["pc", "q35"]

    /// The versions of libvirt and QEMU, as the head of the table has them.
    static func hypervisor() throws -> String {
        let lines = try Lab.virsh("version").split(separator: "\n")
        func version(_ prefix: String) throws -> String {
            let line = try #require(lines.first { $0.hasPrefix(prefix) })
            let numbers = try #require(line.split(separator: " ").last).split(separator: ".")
            return numbers.prefix(2).joined(separator: ".")
        }
        return try "libvirt \(version("Using library")), QEMU \(version("Running hypervisor"))"
    }

    /// Writes a cell of the table of ways.
    static func record(_ way: Way, _ machine: String, _ cell: String) throws {
        try record("ways", way.place, way.rawValue, "\(hypervisor()), \(machine)", cell)
    }

    /// Writes a cell of a table.
    ///
    /// - Parameter place: The row's place in the table.
    static func record(
        _ table: String, _ place: Int, _ row: String, _ column: String, _ cell: String
    ) throws {
        let path =
            ProcessInfo.processInfo.environment["LAB_MATRIX_FILE"]
            ?? Lab.folder.appending(path: "matrix.tsv").path
        let line = "\(table)\t\(place)\t\(row)\t\(column)\t\(cell)\n"
        if !FileManager.default.fileExists(atPath: path) {
            try Data().write(to: URL(filePath: path))
        }
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        defer { try? file.close() }
        try file.seekToEnd()
        try file.write(contentsOf: Data(line.utf8))
    }

    /// A guest that has come a way.
    struct Traveller {
        var way: Way
        var machine: String
        var guest: LabGuest

        /// Starts a guest whose kernel panics, and then stands still, at the host's word.
        init(
            _ way: Way, _ machine: String, _ name: String, _ birth: LabGuest.Birth = .defined,
            options: [String] = [], on host: LabHost = .own
        ) throws {
            self.way = way
            self.machine = machine
            // Until it is proven.
            if way != .kept { try record(way, machine, "FAILED") }
            guest = try LabGuest(
                "m-\(name)-\(machine)", birth,
                options: ["--machine", machine, "--append", "unknown_nmi_panic"] + options,
                on: host)
        }
    }

    /// Hangs guests, sees that libvirt reports their watchdogs, that they boot again with the device
    /// still there, and writes their cells.
    ///
    /// - Parameter action: The action in libvirt's definition, where it is not the one in force.
    static func prove(
        _ travellers: [Traveller], _ events: LabEvents, action: String = "reset",
        at location: SourceLocation = #_sourceLocation
    ) throws {
        for traveller in travellers {
            let guest = traveller.guest
            try guest.waitsUntilArmed(at: location)
            let watchdogs = try guest.watchdogs()
            let way: Comment = "\(traveller.way.rawValue), \(traveller.machine)"
            try #require(watchdogs.map(\.action) == [action], way, sourceLocation: location)
            try #require(guest.emulatedWatchdogs() == 1, way, sourceLocation: location)
        }
        let counts = try travellers.map {
            try ($0.guest.boots().count, events.resets(of: $0.guest))
        }
        for traveller in travellers {
            try traveller.guest.virsh("inject-nmi", traveller.guest.name)
        }
        for (traveller, (boots, resets)) in zip(travellers, counts) {
            let guest = traveller.guest
            try Lab.wait(for: "the reset of \(guest.name)", at: location) {
                try events.resets(of: guest) > resets
            }
            try guest.waits(forLine: "LAB armed i6300ESB", inBoot: boots + 1, at: location)
            try #require(guest.watchdogs().count == 1, sourceLocation: location)
            try record(traveller.way, traveller.machine, "protected")
        }
    }
}

extension LabGuest {
    /// Waits until the guest feeds its watchdog, in the boot that it is in.
    func waitsUntilArmed(at location: SourceLocation = #_sourceLocation) throws {
        try Lab.wait(for: "\(name) feeding its watchdog", at: location) {
            try boots().last?.contains { $0.hasPrefix("LAB armed i6300ESB") } == true
        }
    }

    /// How many i6300esb its QEMU has, whatever libvirt knows.
    func emulatedWatchdogs() throws -> Int {
        try virsh("qemu-monitor-command", name, "--hmp", "info qtree")
            .ranges(of: "dev: i6300esb").count
    }
}

extension LabEvents {
    /// How often the guest was reset by its watchdog.
    func resets(of guest: LabGuest) throws -> Int {
        try lines().count {
            $0.contains("event 'watchdog' for domain '\(guest.name)'") && $0.hasSuffix("reset")
        }
    }
}
