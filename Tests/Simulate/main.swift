// SPDX-License-Identifier: Apache-2.0

// Runs many schedules of the simulation, one of them with its journal, or hosts with many guests.
// See Tests/Simulation.

import Foundation
import Glibc
import Simulation
import Synchronization

/// The most memory that the process has had, in KB.
func peakMemory() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss
}

/// Runs hosts of more and more guests, for which calls, time and memory must grow linearly.
///
/// - Returns: Whether they do.
func measureScale() -> Bool {
    /// How much longer one of many guests may take than one of a hundred: the machine has other work.
    let slowdownLimit = 4.0
    /// How much memory a guest may take, with what the simulation itself keeps of it, in KB.
    let memoryLimit = 64.0
    let base = peakMemory()
    var usual = 0.0
    var isLinear = true
    print("guests  calls/guest  µs/guest  peak KB  KB/guest")
    for guests in [10, 100, 1000, 5000] {
        let start = ContinuousClock.now
        let outcome = Scale(guests: guests).run()
        let time = (ContinuousClock.now - start) / .microseconds(1) / Double(guests)
        let peak = peakMemory()
        let memory = Double(peak - base) / Double(guests)
        print(
            "\(guests)  \(String(format: "%.1f  %.0f", outcome.callsPerGuest, time))  \(peak)"
                + "  \(String(format: "%.1f", memory))")
        if guests == 100 { usual = time }
        var violations = outcome.violations
        if guests > 100, time > usual * slowdownLimit { violations.append("time is not linear") }
        if guests > 100, memory > memoryLimit { violations.append("memory is not linear") }
        for violation in violations { print("\(guests) guests: \(violation)") }
        isLinear = isLinear && violations.isEmpty
    }
    return isLinear
}

var count: UInt64 = 100_000
var first: UInt64 = 0
var arguments = CommandLine.arguments.dropFirst()
if arguments.first == "--scale" { exit(measureScale() ? 0 : 1) }
while let argument = arguments.popFirst() {
    switch (argument, arguments.popFirst().flatMap { UInt64($0) }) {
    case ("--count", .some(let number)): count = number
    case ("--first", .some(let number)): first = number
    case ("--seed", .some(let seed)):
        let outcome = Schedule(seed: seed).run(records: true)
        for line in outcome.journal { print(line) }
        for violation in outcome.violations { print("violation: \(violation)") }
        exit(outcome.violations.isEmpty ? 0 : 1)
    default:
        print("usage: simulate [--count N] [--first SEED] | --seed SEED | --scale")
        exit(2)
    }
}

let (total, offset) = (count, first)
let start = ContinuousClock.now
let failures = Mutex<[(seed: UInt64, violations: [String])]>([])
let workers = max(1, ProcessInfo.processInfo.activeProcessorCount)
DispatchQueue.concurrentPerform(iterations: workers) { worker in
    for number in stride(from: UInt64(worker), to: total, by: UInt64.Stride(workers)) {
        let outcome = Schedule(seed: offset + number).run()
        if !outcome.violations.isEmpty {
            failures.withLock { $0.append((offset + number, outcome.violations)) }
        }
    }
}
let duration = ContinuousClock.now - start
let failed = failures.withLock { $0.sorted { $0.seed < $1.seed } }
for (seed, violations) in failed.prefix(20) {
    print("seed \(seed): \(violations.joined(separator: "; "))")
}
print("\(total) schedules, \(failed.count) failed, \(duration)")
exit(failed.isEmpty ? 0 : 1)
