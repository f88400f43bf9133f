// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import Testing
import WatchdogPolicy

/// The pace of `vm.watchdog.running=all`.
struct QueueTests {
    private static let all = Policy(running: .all)

    private func bench(
        _ count: Int, policy: Policy = all, refusals: [LibvirtError] = []
    ) -> Bench {
        var machines: [String: Bench.Machine] = [:]
        for number in 0..<count {
            let uuid = "guest-\(100 + number)"
            machines[uuid] = Bench.machine(Bench.pc(uuid), run: Bench.oldRun)
            machines[uuid]?.refusals = refusals
        }
        var bench = Bench.connected(policy: policy, running: machines)
        bench.work()
        return bench
    }

    private func attached(_ bench: Bench) -> Int {
        bench.calls.count { if case .attach = $0.kind { true } else { false } }
    }

    @Test func `The first guest is alone, and a minute later ten a minute follow`() {
        var bench = bench(30)
        bench.waitWorking(.zero)
        #expect(attached(bench) == 1)
        bench.waitWorking(.seconds(59))
        #expect(attached(bench) == 1)
        bench.waitWorking(.seconds(1))
        #expect(attached(bench) == 2)
        for minute in 1...2 {
            bench.waitWorking(.seconds(60))
            #expect(attached(bench) == 2 + 10 * minute)
        }
        bench.waitWorking(.seconds(60))
        #expect(attached(bench) == 30)
        #expect(bench.core.report.waiting.isEmpty)
        #expect(bench.lines(with: "waiting") == 0)
    }

    @Test func `A guest that another program has treated waits no more`() {
        var bench = bench(2, policy: Policy(running: .new))
        #expect(bench.core.report.waiting.count == 2)
        bench.machines["guest-100"]?.look.facts.watchdogs = [Bench.ours()]
        bench.event("guest-100", .deviceAdded(alias: "hostdev0"))
        bench.work()
        #expect(bench.core.report.waiting.count == 2)
        bench.event("guest-100", .deviceAdded(alias: WatchdogDevice.alias))
        bench.work()
        #expect(bench.core.report.waiting.map(\.uuid) == ["guest-101"])
    }

    @Test func `Guests follow in the order in which they came`() {
        var bench = bench(5)
        bench.waitWorking(.seconds(200))
        let order = bench.calls.compactMap {
            if case .attach = $0.kind { $0.uuid } else { String?.none }
        }
        #expect(order == order.sorted())
    }

    @Test func `As long as no guest is treated well, one a minute follows`() {
        let refusal = LibvirtError(code: .operationUnsupported, message: "no")
        var bench = bench(5, refusals: Array(repeating: refusal, count: 100))
        bench.waitWorking(.seconds(61))
        #expect(Set(bench.core.report.failed.map(\.uuid)).count == 2)
        bench.waitWorking(.seconds(60))
        #expect(Set(bench.core.report.failed.map(\.uuid)).count == 3)
    }

    @Test(arguments: [
        Policy(model: .none, running: .all), Policy(running: .all, fault: "line 1"),
        Policy(running: .new),
    ])
    func `The queue stops with a policy that wants nothing of it`(policy: Policy) {
        var bench = bench(30)
        bench.waitWorking(.seconds(90))
        let count = attached(bench)
        bench.give(.policy(policy))
        bench.waitWorking(.seconds(250))
        #expect(attached(bench) == count)
        // It goes on, and begins anew with one guest a minute.
        bench.give(.policy(Self.all))
        bench.waitWorking(.seconds(60))
        #expect((1...2).contains(attached(bench) - count))
    }

    @Test func `Guests of the queue that the connection's loss cut off keep its pace`() {
        var bench = bench(30)
        bench.waitWorking(.seconds(90))
        let count = attached(bench)
        bench.give(.disconnected)
        bench.waitWorking(.seconds(1))
        for _ in 0..<100 {
            bench.give(.noDaemon)
            bench.waitWorking(.seconds(1))
        }
        bench.connect()
        bench.waitWorking(.seconds(1))
        #expect(attached(bench) - count <= 2)
        bench.waitWorking(.seconds(120))
        #expect(attached(bench) > count + 10)
    }

    @Test func `Guests that wait for the operator are reported once`() {
        var bench = bench(3, policy: Policy())
        #expect(bench.lines(with: "3 running guests differ from the policy") == 1)
        bench.waitWorking(.seconds(250))
        bench.give(.sweepRequested)
        bench.list()
        bench.work()
        #expect(bench.lines(with: "result=waiting") == 1)
    }

    @Test func `Guests that wait are reported after the queue ended`() {
        var bench = bench(3, policy: Policy(model: .none))
        bench.give(.policy(Self.all))
        bench.waitWorking(.seconds(1))
        bench.give(.policy(Policy()))
        #expect(bench.lines(with: "2 running guests differ from the policy") == 1)
    }

    @Test func `Guests that wait are reported beside a call that does not return`() {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a")))
        if let look = bench.machines["a"]?.look { bench.answer("a", look) }
        bench.wait(.seconds(5))
        #expect(bench.abandoned.count == 1)
        bench.machines["a"]?.isStuck = true
        bench.machines["b"] = Bench.machine(Bench.pc("b"), run: Bench.oldRun)
        bench.give(.sweepRequested)
        bench.list()
        bench.work()
        #expect(bench.lines(with: "1 running guests differ from the policy") == 1)
    }
}
