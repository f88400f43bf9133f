// Runs many schedules of the simulation, or one of them with its journal. See Tests/Simulation.

import Foundation
import Simulation
import Synchronization

var count: UInt64 = 100_000
var first: UInt64 = 0
var arguments = CommandLine.arguments.dropFirst()
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
        print("usage: simulate [--count N] [--first SEED] | --seed SEED")
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
