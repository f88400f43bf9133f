// SPDX-License-Identifier: Apache-2.0

import Protector

/// Many guests on one host: they start at the same time, libvirtd restarts, and a sweep reads all.
public struct Scale {
    /// The result.
    public struct Outcome: Sendable {
        /// The calls to libvirt for each guest.
        public var callsPerGuest: Double
        /// What went wrong; empty where nothing did.
        public var violations: [String]
    }

    /// How many calls a guest may take: a look, an attachment, a look that reads it back, and a look
    /// after the restart and in each of two sweeps.
    public static let callLimit = 7.0

    private let count: Int

    /// Makes a host with so many guests.
    public init(guests count: Int) {
        self.count = count
    }

    /// Runs it.
    public func run() -> Outcome {
        var world = World(seed: 0)
        for _ in 0..<count { world.addGuest(.pc) }
        world.at(.zero, .serviceStarts)
        for guest in 0..<count { world.at(.seconds(1), .act(.start(guest))) }
        world.at(.seconds(120), .act(.killDaemon))
        world.run(until: .seconds(800))
        var violations = world.violations
        let treated = world.guests.count { $0.run?.emulated == 1 && $0.run?.defined.count == 1 }
        if treated != count { violations.append("\(treated) of \(count) guests were treated") }
        let report = world.actors[0].core?.report
        if report?.running != count { violations.append("\(report?.running ?? 0) are known") }
        if let report, !report.failed.isEmpty || !report.notAnswering.isEmpty {
            violations.append("not all are well")
        }
        let calls = Double(world.callCount) / Double(count)
        if calls > Self.callLimit { violations.append("\(calls) calls a guest") }
        return Outcome(callsPerGuest: calls, violations: violations)
    }
}
