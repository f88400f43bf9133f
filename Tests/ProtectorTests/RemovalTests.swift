// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import Testing
import WatchdogPolicy

/// Removals, by themselves and beside the service.
struct RemovalTests {
    private static let other = RunID(boot: "other", process: 3, startTicks: 3)

    private static func protected(_ uuid: String) -> Bench.Machine {
        var machine = Bench.machine(Bench.pc(uuid) { $0.watchdogs = [Bench.ours()] })
        machine.persistent = .absent
        return machine
    }

    private func remove(
        _ machines: [String: Bench.Machine], live: Bool = true, config: Bool = true,
        dryRun: Bool = false
    ) -> Bench {
        var bench = Bench(
            .command(machines.keys.sorted(), .remove(live: live, config: config, dryRun: dryRun)))
        bench.machines = machines
        bench.give(.connected(idlesOut: false))
        return bench
    }

    @Test func `The opt-out is written before the device is unplugged`() {
        var bench = remove(["a": Self.protected("a")])
        bench.work()
        #expect(
            bench.steps("a") == ["look", "config", "opt-out", "detach", "look"])
        #expect(bench.machines["a"]?.look.facts.optOut == OptOut(run: Bench.run))
        #expect(bench.outcomes["a"]?.liveRemoval == .removed)
        #expect(bench.outcomes["a"]?.persistentRemoval == .absent)
        #expect(bench.core.isDone)
    }

    @Test func `A guest with nothing of ours is opted out as well`() {
        var bench = remove(["a": Bench.machine(Bench.pc("a"))], config: false)
        bench.work()
        #expect(bench.steps("a") == ["look", "opt-out", "look"])
        #expect(bench.outcomes["a"]?.liveRemoval == .absent)
    }

    @Test func `An opt-out of the run stays, and one of another run is renewed`() {
        for run in [Bench.run, Self.other] {
            let facts = Bench.pc("a") { $0.optOut = OptOut(run: run) }
            var bench = remove(["a": Bench.machine(facts)], config: false)
            bench.work()
            #expect(
                bench.steps("a") == (run == Bench.run ? ["look"] : ["look", "opt-out", "look"]))
        }
    }

    @Test func `A dry run reads, and reports the device`() {
        var machine = Self.protected("a")
        machine.persistent = .removed
        var bench = remove(["a": machine, "b": Bench.machine(Bench.pc("b"))], dryRun: true)
        bench.work()
        #expect(bench.steps("a") == ["look", "config dry"])
        #expect(bench.outcomes["a"]?.liveRemoval == .wouldRemove)
        #expect(bench.outcomes["a"]?.persistentRemoval == .wouldRemove)
        #expect(bench.outcomes["b"]?.liveRemoval == .absent)
    }

    @Test func `Only the definition that was asked for is changed`() {
        var bench = remove(["a": Self.protected("a")], live: false)
        bench.work()
        #expect(bench.steps("a") == ["look", "config"])
        #expect(bench.outcomes["a"]?.liveRemoval == nil)
        bench = remove(["a": Self.protected("a")], config: false)
        bench.work()
        #expect(!bench.steps("a").contains("config"))
        #expect(bench.outcomes["a"]?.persistentRemoval == nil)
    }

    @Test func `A guest that is off loses what its definition has`() {
        var machine = Self.protected("a")
        machine.look.facts.isLive = false
        machine.persistent = .removed
        var bench = remove(["a": machine])
        bench.work()
        #expect(bench.steps("a") == ["look", "config"])
        #expect(bench.outcomes["a"]?.persistentRemoval == .removed)
        #expect(bench.outcomes["a"]?.liveRemoval == nil)
    }

    @Test func `The definition's action is given back before the device goes`() {
        var machine = Self.protected("a")
        machine.look.facts.actionOverride = ActionOverride(
            action: "pause", definedAction: "reset", id: "1", run: Bench.run)
        var bench = remove(["a": machine], config: false)
        bench.work()
        #expect(
            bench.steps("a") == [
                "look", "opt-out", "look", "pending reset", "action reset", "no record", "look",
                "detach", "look",
            ])
        #expect(bench.outcomes["a"]?.liveRemoval == .removed)
    }

    @Test func `A record of another run goes without a word to QEMU`() {
        let facts = Bench.pc("a") {
            $0.actionOverride = ActionOverride(
                action: "pause", definedAction: "reset", id: "1", run: Self.other)
        }
        var bench = remove(["a": Bench.machine(facts)], config: false)
        bench.work()
        #expect(bench.steps("a") == ["look", "opt-out", "look", "no record", "look"])
    }

    @Test func `100 guests that do not answer are waited for together, 10 s in all`() {
        var machines: [String: Bench.Machine] = [:]
        for number in 1...100 {
            var machine = Self.protected("\(number)")
            machine.releases = false
            machines["\(number)"] = machine
        }
        var bench = remove(machines)
        bench.waitWorking(.milliseconds(9900))
        #expect(bench.open.isEmpty, "no call waits")
        #expect(!bench.core.isDone)
        bench.waitWorking(.milliseconds(1100))
        #expect(bench.core.isDone)
        #expect(bench.outcomes.values.allSatisfy { $0.liveRemoval == .notAnswered })
        #expect(bench.machines.values.allSatisfy { $0.detachCount == 1 })
        #expect(bench.calls.count < 100 * 30)
    }

    @Test func `A slow guest is reported once the device is gone`() {
        var machine = Self.protected("a")
        machine.releases = false
        var bench = remove(["a": machine], config: false)
        bench.waitWorking(.seconds(4))
        bench.machines["a"]?.look.facts.watchdogs = []
        bench.waitWorking(.seconds(2))
        #expect(bench.outcomes["a"]?.liveRemoval == .removed)
    }

    @Test func `A guest that was asked before is waited for all the same`() {
        var bench = remove(["a": Self.protected("a")], config: false)
        while bench.asked("a") != .detach { bench.workOnce() }
        bench.fail("a", .internalError, "Device ua is already in the process of unplug")
        bench.waitWorking(.seconds(9))
        #expect(!bench.core.isDone)
        bench.machines["a"]?.look.facts.watchdogs = []
        bench.waitWorking(.seconds(2))
        #expect(bench.outcomes["a"]?.liveRemoval == .removed)
    }

    @Test func `A refusal is reported, unless the device is gone`() {
        for isGone in [true, false] {
            var bench = remove(["a": Self.protected("a")], config: false)
            while bench.asked("a") != .detach { bench.workOnce() }
            if isGone { bench.machines["a"]?.look.facts.watchdogs = [] }
            bench.fail("a", .unsupported, "no")
            bench.work()
            #expect(bench.core.isDone)
            #expect((bench.outcomes["a"]?.error == nil) == isGone)
            #expect((bench.outcomes["a"]?.liveRemoval == .removed) == isGone)
        }
    }

    @Test func `A stopped QEMU is named at once, and others are done`() {
        var stopped = Self.protected("a")
        stopped.look.isStopped = true
        var bench = remove(["a": stopped, "b": Self.protected("b"), "c": Self.protected("c")])
        bench.work()
        #expect(bench.core.isDone)
        guard case .silent = bench.outcomes["a"]?.error else {
            Issue.record("not told as silent")
            return
        }
        #expect(bench.machines["a"]?.look.facts.optOut == nil)
        #expect(bench.outcomes["b"]?.liveRemoval == .removed)
        #expect(bench.outcomes["c"]?.liveRemoval == .removed)
    }

    // MARK: Beside the service

    @Test func `A device that the service attaches during the removal is removed`() {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a")))
        bench.workOnce()
        #expect(bench.steps("a").last == "attach")
        bench.machines["a"]?.look.facts.optOut = OptOut(run: Bench.run)
        bench.event("a", .metadataChanged(namespace: OptOut.namespace))
        bench.work()
        #expect(bench.machines["a"]?.look.facts.watchdogs.isEmpty == true)
        bench.event("a", .deviceRemoved(alias: WatchdogDevice.alias))
        bench.work()
        bench.give(.sweepRequested)
        bench.list()
        bench.work()
        #expect(bench.steps("a").count { $0 == "attach" } == 1)
        #expect(bench.steps("a").count { $0 == "detach" } == 1)
        #expect(bench.core.report.treated == 0)
    }

    @Test func `The service asks a guest in its firmware again`() {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a")))
        bench.workOnce()
        bench.machines["a"]?.releases = false
        bench.machines["a"]?.look.facts.optOut = OptOut(run: Bench.run)
        bench.waitWorking(.seconds(23))
        #expect(bench.machines["a"]?.detachCount == 5)
        bench.machines["a"]?.releases = true
        bench.waitWorking(.seconds(10))
        #expect(bench.machines["a"]?.look.facts.watchdogs.isEmpty == true)
        #expect(bench.machines["a"]?.detachCount == 6)
    }

    @Test func `A guest that keeps its device is asked for a minute after each sweep`() {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a")))
        bench.workOnce()
        bench.machines["a"]?.releases = false
        bench.machines["a"]?.look.facts.optOut = OptOut(run: Bench.run)
        bench.waitWorking(.seconds(250))
        #expect((12...13).contains(bench.machines["a"]?.detachCount ?? 0))
    }

    @Test func `A device that a treated guest keeps is left to the removal, then removed`() {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a")))
        bench.work()
        bench.machines["a"]?.look.facts.optOut = OptOut(run: Bench.run)
        bench.event("a", .metadataChanged(namespace: OptOut.namespace))
        bench.waitWorking(.seconds(14))
        #expect(bench.machines["a"]?.detachCount == 0)
        bench.waitWorking(.seconds(2))
        #expect(bench.machines["a"]?.detachCount == 1)
        #expect(bench.machines["a"]?.look.facts.watchdogs.isEmpty == true)
    }
}

extension RemovalTests {
    @Test func `apply tells of a removal that the guest has not answered`() {
        var machine = Self.protected("a")
        machine.look.facts.optOut = OptOut(run: Bench.run)
        var settings = Settings.command(["a"])
        settings.named = ["a"]
        var bench = Bench(settings)
        bench.machines["a"] = machine
        bench.connect()
        bench.work()
        #expect(bench.machines["a"]?.look.facts.optOut == nil)
        #expect(bench.outcomes["a"]?.isAsWanted == false)
        guard case .failure(.removalPending) = bench.outcomes["a"]?.protection else {
            Issue.record("\(String(describing: bench.outcomes["a"]?.protection))")
            return
        }
    }
}
