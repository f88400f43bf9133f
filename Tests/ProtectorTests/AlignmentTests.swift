// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import Testing
import WatchdogPolicy

/// Actions that QEMU's monitor changes, and their records.
struct AlignmentTests {
    private static let pause = Policy(action: .pause)

    private func start(_ change: (inout GuestFacts) -> Void = { _ in }) -> Bench {
        var bench = Bench.connected(policy: Self.pause)
        bench.start(
            Bench.machine(
                Bench.pc("a") {
                    $0.watchdogs = [Bench.ours()]
                    change(&$0)
                }))
        return bench
    }

    private func record(
        _ action: String, run: RunID? = Bench.run, isPending: Bool = false
    ) -> ActionOverride {
        ActionOverride(
            action: action, definedAction: "reset", id: "1", run: run, isPending: isPending)
    }

    @Test func `The record is written before the action, and confirmed after it`() {
        var bench = start()
        bench.work()
        #expect(
            bench.steps("a") == ["look", "pending pause", "action pause", "record pause", "look"])
        #expect(bench.machines["a"]?.look.facts.actionOverride == record("pause"))
        #expect(bench.lines(with: "plan=change-action result=aligned") == 1)
        #expect(bench.core.report.treated == 1)
    }

    @Test func `The definition's own action leaves no record`() {
        var bench = start { $0.actionOverride = record("poweroff") }
        bench.give(.policy(Policy(action: .reset)))
        bench.work()
        #expect(
            bench.steps("a") == ["look", "pending reset", "action reset", "no record", "look"])
        #expect(bench.machines["a"]?.look.facts.actionOverride == nil)
    }

    @Test func `A companion's action goes first, and the policy's follows`() {
        var bench = Bench.connected(policy: Self.pause)
        bench.start(
            Bench.machine(
                Bench.q35("a") {
                    $0.watchdogs = [GuestFacts.Watchdog(model: "itco", action: "reset")]
                }))
        bench.work()
        #expect(bench.machines["a"]?.look.facts.watchdogs.map(\.action) == ["reset", "reset"])
        #expect(
            bench.steps("a")
                == [
                    "look", "attach", "look", "pending pause", "action pause", "record pause",
                    "look",
                ])
        #expect(bench.lines.count == 1)
    }

    @Test func `A doubt is waited out, and then the action is set again`() {
        var bench = start { $0.actionOverride = record("pause", isPending: true) }
        bench.waitWorking(.seconds(30))
        #expect(Set(bench.steps("a")) == ["look"])
        bench.waitWorking(.seconds(1))
        #expect(
            bench.steps("a").suffix(4)
                == ["pending pause", "action pause", "record pause", "look"])
        #expect(bench.machines["a"]?.look.facts.actionOverride == record("pause"))
    }

    @Test func `A doubt that the policy does not want ends with the definition's action`() {
        var bench = start { $0.actionOverride = record("pause", isPending: true) }
        bench.give(.policy(Policy(action: .reset)))
        bench.waitWorking(.seconds(31))
        #expect(
            bench.steps("a").suffix(4) == ["pending reset", "action reset", "no record", "look"])
    }

    @Test func `A doubt of a run that waits is ended, too`() {
        var bench = Bench.connected(
            policy: Self.pause,
            running: [
                "a": Bench.machine(
                    Bench.pc("a") {
                        $0.watchdogs = [Bench.ours()]
                        $0.actionOverride = record("pause", run: Bench.oldRun, isPending: true)
                    }, run: Bench.oldRun)
            ])
        bench.waitWorking(.seconds(31))
        #expect(bench.machines["a"]?.look.facts.actionOverride?.isPending == false)
    }

    @Test func `A command to QEMU that fails leaves the doubt to be waited out`() {
        var bench = start()
        while bench.steps("a").last != "action pause" {
            guard let look = bench.machines["a"]?.look, bench.asked("a") != nil else { break }
            if bench.asked("a") == .look {
                bench.answer("a", look)
            } else {
                bench.machines["a"]?.look.facts.actionOverride = record("pause", isPending: true)
                bench.answer("a", .success(.done))
            }
        }
        bench.fail("a", .operationTimeout)
        bench.waitWorking(.seconds(30))
        #expect(bench.steps("a").count { $0 == "action pause" } == 1)
        bench.waitWorking(.seconds(2))
        #expect(bench.steps("a").suffix(3) == ["action pause", "record pause", "look"])
    }

    @Test func `An action that does not show is an error`() {
        var bench = start()
        // The records are lost.
        while let call = bench.open.first?.call, let look = bench.machines["a"]?.look {
            bench.answer("a", call.kind == .look ? .success(.look(look)) : .success(.done))
        }
        #expect(bench.lines(with: "does not show it") == 1)
    }

    @Test(arguments: [RunID?.none, RunID(boot: "other", process: 1, startTicks: 1)])
    func `A record of another run is removed`(run: RunID?) {
        var bench = start { $0.actionOverride = record("pause", run: run) }
        bench.give(.policy(Policy()))
        bench.work()
        #expect(bench.steps("a") == ["look", "no record", "look"])
        #expect(bench.lines.count == 1)
    }

    @Test func `A run that waits keeps its stale record`() {
        var bench = Bench.connected(running: [
            "a": Bench.machine(
                Bench.pc("a") {
                    $0.watchdogs = [Bench.ours()]
                    $0.actionOverride = record("pause")
                }, run: Bench.oldRun)
        ])
        bench.work()
        #expect(bench.steps("a") == ["look"])
    }

    @Test func `A stopped QEMU is told nothing after a doubt`() {
        var bench = start { $0.actionOverride = record("pause", isPending: true) }
        bench.machines["a"]?.look.isStopped = true
        bench.waitWorking(.seconds(100))
        #expect(Set(bench.steps("a")) == ["look"])
        #expect(bench.lines(with: "result=not-answering") == 1)
    }
}
