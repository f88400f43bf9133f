// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import Testing
import WatchdogPolicy

/// What each kind of event leads to.
struct EventTests {
    private static let fire = Fire(time: "2026-11-27T11:26:46+01:00", action: "reset")
    private static let fired = GuestEvent.Kind.watchdogFired(action: fire.action, time: fire.time)

    private func settled() -> Bench {
        var bench = Bench.connected(running: [
            "a": Bench.machine(Bench.pc("a") { $0.watchdogs = [Bench.ours()] })
        ])
        bench.work()
        return bench
    }

    @Test(
        arguments: [
            .started(.booted), .started(.restored), .started(.snapshot), .started(.wakeup),
            .resumed(.migrated), .resumed(.postCopy),
            .metadataChanged(namespace: OptOut.namespace),
            .metadataChanged(namespace: GuestPolicy.namespace),
            .deviceRemoved(alias: WatchdogDevice.alias),
        ] as [GuestEvent.Kind])
    func `A known guest is read after`(kind: GuestEvent.Kind) {
        var bench = settled()
        bench.event("a", kind)
        #expect(bench.looks == ["a"])
    }

    @Test(
        arguments: [
            .resumed(.unpaused), .resumed(.snapshot), .resumed(.other), .suspended(.paused),
            .suspended(.migrated), .suspended(.ioError), .suspended(.watchdog),
            .suspended(.restored), .suspended(.snapshot), .suspended(.apiError),
            .suspended(.postCopy), .suspended(.other), .stopped, .shutdown, .crashed,
            .pmSuspended, .defined, .undefined, Self.fired, .started(.migrated),
            .metadataChanged(namespace: ActionOverride.namespace),
        ] as [GuestEvent.Kind])
    func `A known guest is not read after`(kind: GuestEvent.Kind) {
        var bench = settled()
        bench.event("a", kind)
        #expect(bench.open.isEmpty)
    }

    @Test(
        arguments: [
            .started(.booted), .started(.restored), .started(.snapshot), .started(.wakeup),
            .resumed(.migrated), .resumed(.postCopy),
        ] as [GuestEvent.Kind])
    func `An unknown guest is read after`(kind: GuestEvent.Kind) {
        var bench = Bench.connected()
        bench.event("a", kind)
        #expect(bench.looks == ["a"])
    }

    @Test(
        arguments: [
            .resumed(.unpaused), .resumed(.snapshot), .resumed(.other), .suspended(.paused),
            .suspended(.restored), .stopped, .shutdown, .crashed, .pmSuspended, .defined,
            .undefined, Self.fired, .metadataChanged(namespace: OptOut.namespace),
            .metadataChanged(namespace: GuestPolicy.namespace),
            .deviceRemoved(alias: WatchdogDevice.alias),
            .deviceAdded(alias: WatchdogDevice.alias), .started(.migrated),
        ] as [GuestEvent.Kind])
    func `An unknown guest is not read after`(kind: GuestEvent.Kind) {
        var bench = Bench.connected()
        bench.event("a", kind)
        #expect(bench.open.isEmpty)
    }

    @Test func `A fire is logged, reported and remembered, for the guest's present run`() {
        var bench = settled()
        bench.event("a", Self.fired)
        #expect(bench.lines(with: "op=fire guest=\"name-a\" uuid=a result=reset") == 1)
        #expect(bench.fires["a"] == RunFire(run: Bench.run, fire: Self.fire))
        #expect(bench.core.report.fire(of: "a", in: Bench.run) == Self.fire)
        let other = RunID(boot: Bench.boot, process: 7, startTicks: 7)
        #expect(bench.core.report.fire(of: "a", in: other) == nil)
        #expect(bench.core.report.fire(of: "a", in: nil) == nil)
        bench.event("a", .stopped)
        #expect(bench.core.report.fired.isEmpty)
    }

    @Test func `A fire of a run that is not known yet counts once the run is read`() {
        var bench = Bench.connected()
        bench.machines["a"] = Bench.machine(Bench.pc("a"))
        bench.event("a", Self.fired)
        #expect(bench.open.isEmpty, "hooks may hold the guest")
        #expect(bench.core.report.fired.isEmpty)
        bench.wait(.seconds(30))
        bench.list()
        bench.work()
        #expect(bench.core.report.fire(of: "a", in: Bench.run) == Self.fire)
        #expect(bench.fires["a"] == RunFire(run: Bench.run, fire: Self.fire))
    }

    @Test func `A service that was restarted knows the fire of a run that goes on`() {
        for (run, isKnown) in [
            (Bench.run, true), (RunID(boot: Bench.boot, process: 7, startTicks: 7), false),
        ] {
            var memory = Bench.memory
            memory.fires["a"] = RunFire(run: run, fire: Self.fire)
            var bench = Bench.connected(
                memory: memory, running: ["a": Bench.machine(Bench.pc("a"))])
            bench.work()
            #expect(bench.core.report.fire(of: "a", in: Bench.run) == (isKnown ? Self.fire : nil))
        }
    }

    @Test func `The begin of a cold start, whose hooks run, leads to a list 30 s later`() {
        var bench = Bench.connected()
        bench.event("a", .resumed(.unpaused))
        bench.wait(.seconds(29))
        #expect(bench.lists == 1)
        bench.wait(.seconds(1))
        #expect(bench.lists == 2)
    }

    @Test(
        arguments: [.resumed(.migrated), .resumed(.postCopy), .suspended(.paused)]
            as [GuestEvent.Kind])
    func `A guest that migrates in is read once it is here`(kind: GuestEvent.Kind) {
        var bench = Bench.connected()
        bench.event("a", .started(.migrated))
        bench.wait(.seconds(9))
        #expect(bench.open.isEmpty)
        bench.event("a", kind)
        #expect(bench.looks == ["a"])
    }

    @Test func `A guest that migrates in is read every 10 s, for lost events`() {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a")), .migrated)
        bench.machines["a"]?.look.isArriving = true
        bench.waitWorking(.seconds(100))
        #expect(bench.steps("a") == Array(repeating: "look", count: 10))
        bench.machines["a"]?.look.isArriving = false
        bench.waitWorking(.seconds(10))
        #expect(bench.steps("a").suffix(3) == ["look", "attach", "look"])
    }

    @Test func `An event during a call leads to one look after it`() {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a") { $0.watchdogs = [Bench.ours()] }))
        for _ in 0..<3 { bench.event("a", .metadataChanged(namespace: OptOut.namespace)) }
        #expect(bench.open.count == 1)
        bench.work()
        #expect(bench.steps("a") == ["look", "look"])
    }

    @Test func `An event between the record and the action does not part them`() {
        var bench = Bench.connected(policy: Policy(action: .pause))
        bench.start(Bench.machine(Bench.pc("a") { $0.watchdogs = [Bench.ours()] }))
        while bench.steps("a").last != "pending pause", let look = bench.machines["a"]?.look {
            bench.answer("a", look)
        }
        bench.event("a", .metadataChanged(namespace: OptOut.namespace))
        bench.work()
        #expect(
            bench.steps("a").prefix(4) == ["look", "pending pause", "action pause", "record pause"])
    }

    @Test func `Events of a lost connection do not count`() {
        var bench = Bench.connected()
        bench.give(.disconnected)
        bench.event("a", .started(.booted))
        #expect(bench.core.report.running == 0)
    }

    @Test func `A second start of a guest ends the calls about the first`() throws {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a")))
        let first = try #require(bench.machines["a"]?.look)
        bench.start(Bench.machine(Bench.pc("a") { $0.id = "2" }))
        #expect(bench.open.count == 2)
        bench.answer("a", first)
        #expect(bench.open.count == 1)
        #expect(bench.asked("a") == .look)
    }

    @Test func `A run that a list tells before its event is treated once`() {
        var bench = Bench.connected()
        let machine = Bench.machine(Bench.pc("a"), run: Bench.oldRun)
        bench.machines["a"] = machine
        bench.give(.sweepRequested)
        bench.list()
        bench.start(machine)
        bench.work()
        #expect(bench.steps("a").count { $0 == "attach" } == 1)
        #expect(bench.lines(with: "result=attached") == 1)
        #expect(bench.lines(with: "result=unchanged") == 0)
        bench.event("a", .started(.booted))
        bench.work()
        #expect(bench.lines(with: "result=unchanged") == 0)
        #expect(bench.core.report.treated == 1)
    }
}
