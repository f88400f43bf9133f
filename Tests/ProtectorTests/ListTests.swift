// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import Testing
import WatchdogPolicy

/// Lists of running guests, and what they tell beside events.
struct ListTests {
    private func machine(_ uuid: String, run: RunID = Bench.run) -> Bench.Machine {
        Bench.machine(Bench.pc(uuid) { $0.watchdogs = [Bench.ours()] }, run: run)
    }

    @Test func `There is one list at a time, and one more for all that were asked meanwhile`() {
        var bench = Bench()
        bench.give(.connected(idlesOut: false))
        for _ in 0..<5 { bench.give(.sweepRequested) }
        #expect(bench.lists == 1)
        bench.list()
        #expect(bench.lists == 2)
        bench.list()
        #expect(bench.lists == 2)
    }

    @Test func `A list that fails is made again after a second`() {
        var bench = Bench()
        bench.machines["a"] = machine("a")
        bench.give(.connected(idlesOut: false))
        bench.give(.listed(.failure(LibvirtError(code: .systemError, message: "busy"))))
        bench.wait(.seconds(1))
        #expect(bench.lists == 2)
        bench.list()
        #expect(bench.looks == ["a"])
    }

    @Test func `An answer to a list of a lost connection does not count`() {
        var bench = Bench()
        bench.give(.connected(idlesOut: false))
        bench.give(.disconnected)
        bench.machines["a"] = machine("a")
        bench.list()
        #expect(bench.core.report.running == 0)
    }

    @Test func `A list from before a stop does not bring the guest back`() {
        var bench = Bench.connected(running: ["a": machine("a")])
        bench.work()
        bench.give(.sweepRequested)
        bench.event("a", .stopped)
        bench.list()
        #expect(bench.core.report.running == 0)
        bench.machines = [:]
        bench.give(.sweepRequested)
        bench.list()
        #expect(bench.core.report.running == 0)
    }

    @Test(arguments: [GuestEvent.Kind.started(.booted), .resumed(.migrated)])
    func `A list from before a start does not end the guest`(kind: GuestEvent.Kind) {
        var bench = Bench.connected()
        bench.give(.sweepRequested)
        bench.event("a", kind)
        bench.list()
        #expect(bench.core.report.running == 1)
        #expect(bench.looks == ["a"])
    }

    @Test func `A list from before a restart does not replace the new run`() {
        var bench = Bench.connected(running: ["a": machine("a")])
        bench.work()
        bench.give(.sweepRequested)
        bench.event("a", .stopped)
        bench.event("a", .started(.booted), id: 2)
        bench.list()
        // The event began the run, so it is new, and no second look follows.
        #expect(bench.steps("a") == ["look", "look"])
        bench.machines["a"] = Bench.machine(Bench.pc("a") { $0.id = "2" }, run: Bench.oldRun)
        bench.work()
        #expect(bench.steps("a").contains("attach"))
    }

    @Test func `A list that names no guest ends it`() {
        var bench = Bench.connected(running: ["a": machine("a"), "b": machine("b")])
        bench.work()
        bench.machines["a"] = nil
        bench.give(.sweepRequested)
        bench.list()
        #expect(bench.core.report.running == 1)
    }

    @Test func `A list finds a run that no event told, by libvirt's number`() {
        var bench = Bench.connected(running: ["a": machine("a")])
        bench.work()
        bench.machines["a"] = Bench.machine(
            Bench.pc("a") { $0.id = "2" },
            run: RunID(boot: Bench.boot, process: 20, startTicks: 200))
        bench.give(.nudged)
        bench.wait(.seconds(30))
        bench.list()
        bench.work()
        #expect(bench.steps("a").suffix(3) == ["look", "attach", "look"])
    }

    @Test(arguments: ["2", "1"])
    func `A look finds a run that no event told`(id: String) {
        var bench = Bench.connected(running: ["a": machine("a")])
        bench.work()
        bench.machines["a"] = Bench.machine(
            Bench.pc("a") { $0.id = id },
            run: RunID(boot: Bench.boot, process: 20, startTicks: 200))
        bench.event("a", .metadataChanged(namespace: OptOut.namespace))
        bench.work()
        #expect(bench.steps("a").suffix(2) == ["attach", "look"])
        #expect(bench.remembered["a"]?.process == 20)
    }

    @Test func `A run that libvirt's number alone tells is not taken for an unplugging`() {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a"), run: nil))
        bench.work()
        bench.machines["a"] = Bench.machine(Bench.pc("a") { $0.id = "2" }, run: nil)
        bench.event("a", .metadataChanged(namespace: OptOut.namespace))
        bench.work()
        #expect(bench.steps("a") == ["look", "attach", "look", "look"])
        #expect(bench.core.report.waiting.map(\.uuid) == ["a"])
    }

    @Test func `A sweep reads each guest every 5 minutes; a list reads those that are new alone`() {
        var bench = Bench.connected(running: ["a": machine("a")])
        bench.work()
        #expect(bench.steps("a").count == 1)
        bench.give(.nudged)
        bench.wait(.seconds(30))
        bench.machines["b"] = machine("b")
        bench.list()
        bench.work()
        #expect(bench.steps("a").count == 1)
        #expect(bench.steps("b").count == 1)
        bench.wait(.seconds(269))
        #expect(bench.lists == 2)
        bench.wait(.seconds(1))
        #expect(bench.lists == 3)
        bench.list()
        bench.work()
        #expect(bench.steps("a").count == 2)
        for _ in 0..<12 {
            bench.wait(.seconds(300))
            bench.list()
            bench.work()
        }
        #expect(bench.steps("a").count == 14)
        #expect(bench.lines.count == 2)
    }
}
