// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import Testing
import WatchdogPolicy

/// Watchdogs that the operator takes away from a running guest.
struct OptOutTests {
    private static let other = RunID(boot: "other", process: 3, startTicks: 3)

    private func treated() -> Bench {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a")))
        bench.work()
        return bench
    }

    @Test func `A watchdog that is unplugged by hand stays away for the run`() {
        var bench = treated()
        bench.machines["a"]?.look.facts.watchdogs = []
        bench.event("a", .deviceRemoved(alias: WatchdogDevice.alias))
        bench.work()
        #expect(bench.machines["a"]?.look.facts.optOut == OptOut(run: Bench.run))
        #expect(bench.lines(with: "result=opted-out") == 1)
        bench.give(.sweepRequested)
        bench.list()
        bench.work()
        #expect(bench.steps("a").count { $0 == "attach" } == 1)
        #expect(bench.lines(with: "result=opted-out") == 1)
        #expect(bench.core.report.waiting.isEmpty)
    }

    @Test func `A sweep finds an unplugging whose event was lost`() {
        var bench = treated()
        bench.machines["a"]?.look.facts.watchdogs = []
        bench.give(.sweepRequested)
        bench.list()
        bench.work()
        #expect(bench.machines["a"]?.look.facts.optOut == OptOut(run: Bench.run))
    }

    @Test func `The next run gets a watchdog again`() {
        var bench = treated()
        bench.machines["a"]?.look.facts.watchdogs = []
        bench.event("a", .deviceRemoved(alias: WatchdogDevice.alias))
        bench.work()
        bench.event("a", .stopped)
        bench.start(Bench.machine(Bench.pc("a"), run: Self.other))
        bench.work()
        #expect(bench.machines["a"]?.look.facts.watchdogs.count == 1)
    }

    @Test(arguments: [Situation.Reason.migrated, .restored])
    func `A record that arrives with the run becomes this run's`(reason: Situation.Reason) {
        var bench = Bench.connected()
        let facts = Bench.pc("a") { $0.optOut = OptOut(run: Self.other) }
        bench.start(Bench.machine(facts, reason: reason), .booted)
        bench.work()
        #expect(bench.steps("a") == ["look", "opt-out", "look"])
        #expect(bench.machines["a"]?.look.facts.optOut == OptOut(run: Bench.run))
    }

    @Test func `A record of another run does not count`() {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a") { $0.optOut = OptOut(run: Self.other) }))
        bench.work()
        #expect(bench.steps("a") == ["look", "attach", "look"])
    }

    @Test func `A command ends an opt-out, and a one-shot does not`() {
        for endsOptOuts in [true, false] {
            var settings = endsOptOuts ? Settings.command(["a"]) : Settings.oneShot("a")
            settings.named = endsOptOuts ? ["a"] : []
            var bench = Bench(settings)
            bench.machines["a"] = Bench.machine(
                Bench.pc("a") { $0.optOut = OptOut(run: Bench.run) })
            bench.connect()
            bench.work()
            let all = ["look", "no opt-out", "look", "attach", "look"]
            #expect(bench.steps("a") == (endsOptOuts ? all : ["look"]))
            #expect(bench.outcomes["a"]?.isAsWanted == true)
        }
    }
}
