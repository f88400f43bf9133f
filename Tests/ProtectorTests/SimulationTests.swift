// SPDX-License-Identifier: Apache-2.0

import Simulation
import Testing

/// Schedules of the simulation; `Tests/run simulation` has many more.
struct SimulationTests {
    /// Schedules that failed once.
    private static let regressions: [UInt64] = [3513, 7720, 8562, 14308, 16105, 22657]

    @Test(arguments: 0..<15)
    func `A hundred schedules end with every guest as the policy wants it`(hundred: UInt64) {
        for seed in hundred * 100..<hundred * 100 + 100 {
            let violations = Schedule(seed: seed).run().violations
            #expect(violations.isEmpty, "seed \(seed)")
        }
    }

    @Test(arguments: regressions)
    func `A schedule that failed once does not fail again`(seed: UInt64) {
        #expect(Schedule(seed: seed).run().violations.isEmpty)
    }
}
