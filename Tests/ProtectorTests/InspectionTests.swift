// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import Testing
import TimerProbe
import WatchdogPolicy

/// What `status` and `plan` read.
struct InspectionTests {
    private func command(_ uuids: [String], _ goal: Settings.Goal) -> Bench {
        var bench = Bench(.command(uuids, goal))
        for uuid in uuids {
            bench.machines[uuid] = Bench.machine(Bench.pc(uuid) { $0.watchdogs = [Bench.ours()] })
        }
        bench.give(.connected(idlesOut: false))
        return bench
    }

    @Test func `An inspection is one call, and tells all`() {
        var bench = command(["a", "b"], .inspect(usesMonitor: true))
        bench.work()
        #expect(bench.steps("a") == ["inspect"])
        #expect(bench.outcomes["a"]?.inspection?.timers.timers == [.armed])
        #expect(bench.core.isDone)
    }

    @Test func `A guest that does not answer for 5 s is read without its timers`() {
        var bench = command(["a", "b"], .inspect(usesMonitor: true))
        bench.machines["a"]?.unanswered = [.inspect(.monitorAndAgent)]
        bench.work()
        #expect(bench.outcomes["b"]?.inspection?.timers.timers == [.armed])
        bench.waitWorking(.milliseconds(4900))
        #expect(!bench.core.isDone)
        bench.waitWorking(.milliseconds(200))
        #expect(bench.outcomes["a"]?.inspection?.timers.timers == [.unknown("no answer")])
        #expect(bench.core.isDone)
    }

    @Test func `With many guests that do not answer, each has a row within 10 s`() {
        let uuids = (1...20).map { "\($0)" }
        var bench = command(uuids, .inspect(usesMonitor: true))
        for uuid in uuids { bench.machines[uuid]?.unanswered = [.inspect(.monitorAndAgent)] }
        bench.waitWorking(.seconds(10))
        #expect(bench.core.isDone)
        #expect(bench.outcomes.values.allSatisfy { $0.inspection?.timers.timers.count == 1 })
        #expect(bench.calls.count { $0.kind == .inspect(.monitorAndAgent) } == 3)
    }

    @Test
    func `A guest that cannot be read at all is reported as silent, and the others are not asked`()
    {
        let uuids = (1...6).map { "\($0)" }
        var bench = command(uuids, .inspect(usesMonitor: true))
        for uuid in uuids { bench.machines[uuid]?.isStuck = true }
        bench.waitWorking(.seconds(15))
        #expect(bench.core.isDone)
        #expect(bench.outcomes.values.allSatisfy { $0.inspection == nil && $0.error != nil })
        #expect(bench.core.unansweredCalls == 4)
    }

    @Test func `A guest that has gone is reported as gone`() {
        var bench = command(["a"], .inspect(usesMonitor: true))
        bench.fail("a", .noDomain)
        #expect(bench.outcomes["a"]?.error?.isGuestGone == true)
    }

    @Test(arguments: [false, true])
    func `A plan reads the guest, and writes nothing`(config: Bool) {
        var bench = command(["a"], .plan(config: config))
        bench.work()
        #expect(
            bench.steps("a") == ["inspect without timers"] + (config ? ["persist dry"] : []))
        #expect(bench.outcomes["a"]?.facts?.name == "name-a")
        #expect((bench.outcomes["a"]?.persistence != nil) == config)
        #expect(bench.lines.isEmpty)
    }
}
