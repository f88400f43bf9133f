// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import Testing
import WatchdogPolicy

/// Which runs the service treats, and which wait.
struct StandingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var reason: String
        var run: RunID?
        var treated: RunID?
        var isTreated: Bool

        var testDescription: String { reason }
    }

    @Test(arguments: [
        Case(reason: "began since the service came", run: Bench.run, isTreated: true),
        Case(reason: "began before", run: Bench.oldRun, isTreated: false),
        Case(reason: "was treated", run: Bench.run, treated: Bench.run, isTreated: false),
        Case(
            reason: "another run of it was treated", run: Bench.run,
            treated: RunID(boot: Bench.boot, process: 9, startTicks: 70), isTreated: true),
        Case(reason: "is unknown", run: nil, isTreated: false),
        Case(
            reason: "is of another boot", run: RunID(boot: "other", process: 10, startTicks: 100),
            isTreated: false),
        Case(
            reason: "began at that moment",
            run: RunID(boot: Bench.boot, process: 1, startTicks: 50),
            isTreated: true),
    ])
    func `Of the guests that the first list names, those are treated whose run`(row: Case) {
        var memory = Bench.memory
        memory.treated["a"] = row.treated
        var bench = Bench.connected(
            memory: memory, running: ["a": Bench.machine(Bench.pc("a"), run: row.run)])
        bench.work()
        #expect(bench.steps("a").contains("attach") == row.isTreated)
        #expect(bench.core.report.waiting.map(\.uuid) == (row.isTreated ? [] : ["a"]))
        #expect(bench.remembered["a"] == (row.isTreated ? row.run : nil))
    }

    @Test(arguments: [RunID?.none, Bench.oldRun, Bench.run])
    func `A guest whose start an event tells is treated, whatever its run`(run: RunID?) {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a"), run: run))
        bench.work()
        #expect(bench.steps("a") == ["look", "attach", "look"])
        #expect(bench.remembered["a"] == run)
        #expect(bench.core.report.treated == 1)
    }

    @Test func `A run that was treated waits after a change of the policy`() {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a")))
        bench.work()
        bench.give(.policy(Policy(action: .pause)))
        bench.waitWorking(.seconds(1000))
        #expect(bench.steps("a") == ["look", "attach", "look"])
        #expect(bench.core.report.waiting.map(\.uuid) == ["a"])
        bench.give(.policy(Policy()))
        #expect(bench.core.report.waiting.isEmpty)
    }

    @Test func `A run is remembered once`() {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a") { $0.watchdogs = [Bench.ours()] }))
        bench.work()
        #expect(bench.remembered["a"] == Bench.run)
        bench.give(.sweepRequested)
        bench.list()
        bench.work()
        #expect(bench.rememberCount == 1)
    }

    @Test func `The operator's change of a guest's own policy has it treated`() {
        var bench = Bench.connected(running: ["a": Bench.machine(Bench.pc("a"), run: Bench.oldRun)])
        bench.work()
        #expect(bench.core.report.waiting.count == 1)
        // libvirt tells of a change of the persistent definition, too.
        bench.event("a", .metadataChanged(namespace: GuestPolicy.namespace))
        bench.work()
        #expect(bench.core.report.waiting.count == 1)
        bench.machines["a"]?.look.facts.guestPolicy = GuestPolicy(attributes: [("enabled", "yes")])
        bench.event("a", .metadataChanged(namespace: GuestPolicy.namespace))
        bench.work()
        #expect(bench.steps("a").suffix(2) == ["attach", "look"])
        #expect(bench.core.report.waiting.isEmpty)
    }

    @Test func `A stop ends a wait`() {
        var bench = Bench.connected(running: ["a": Bench.machine(Bench.pc("a"), run: Bench.oldRun)])
        bench.work()
        bench.event("a", .stopped)
        #expect(bench.core.report.waiting.isEmpty)
    }

    // MARK: Changes of the policy during a treatment

    @Test func `A guest in treatment gets a policy that comes meanwhile`() {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a")))
        bench.give(.policy(Policy(action: .pause)))
        bench.work()
        #expect(bench.machines["a"]?.look.facts.watchdogs.map(\.action) == ["pause"])
    }

    @Test func `While the policy changes, no plan is made, for 2 s at most`() {
        var bench = Bench.connected()
        bench.give(.policyIsChanging)
        bench.start(Bench.machine(Bench.pc("a")))
        bench.waitWorking(.milliseconds(1900))
        #expect(!bench.steps("a").contains("attach"))
        bench.waitWorking(.milliseconds(200))
        #expect(bench.steps("a").contains("attach"))
    }

    @Test func `The plan follows as soon as the policy is there`() {
        var bench = Bench.connected()
        bench.give(.policyIsChanging)
        bench.start(Bench.machine(Bench.pc("a")))
        bench.waitWorking(.milliseconds(100))
        bench.give(.policy(Policy(action: .pause)))
        bench.waitWorking(.milliseconds(100))
        #expect(bench.machines["a"]?.look.facts.watchdogs.map(\.action) == ["pause"])
    }

    @Test(arguments: [Policy(fault: "line 1"), Policy(model: .none)])
    func `A policy without a watchdog leaves guests alone`(policy: Policy) {
        var bench = Bench.connected(policy: policy)
        bench.start(Bench.machine(Bench.pc("a")))
        bench.work()
        #expect(bench.steps("a") == ["look"])
        #expect(bench.lines.count == 1)
    }

    @Test func `A guest that started under a faulty policy is treated once you have fixed it`() {
        var bench = Bench.connected(policy: Policy(fault: "line 1"))
        bench.start(Bench.machine(Bench.pc("a")))
        bench.work()
        #expect(bench.remembered.isEmpty)
        bench.give(.policy(Policy()))
        bench.work()
        #expect(bench.steps("a") == ["look", "look", "attach", "look"])
    }
}
