// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import Testing
import WatchdogPolicy

/// Guests whose QEMU does not answer.
struct SilenceTests {
    /// A guest whose attach does not return.
    private func stick(_ uuid: String, _ bench: inout Bench) {
        bench.start(Bench.machine(Bench.pc(uuid)))
        if let look = bench.machines[uuid]?.look { bench.answer(uuid, look) }
        bench.machines[uuid]?.isStuck = true
    }

    @Test func `A call that does not return for 5 s is written off and reported once`() {
        var bench = Bench.connected()
        stick("a", &bench)
        bench.wait(.milliseconds(4999))
        #expect(bench.abandoned.isEmpty)
        bench.wait(.milliseconds(1))
        #expect(bench.abandoned.count == 1)
        bench.wait(.seconds(250))
        #expect(bench.abandoned.count == 1)
        #expect(bench.steps("a") == ["look", "attach"])
        #expect(bench.lines.count == 1)
        #expect(bench.lines(with: "result=not-answering") == 1)
        #expect(bench.core.report.notAnswering.map(\.uuid) == ["a"])
        #expect(bench.core.report.stuckCalls == 1)
    }

    @Test func `A call that returns late goes on as if it had not been`() {
        var bench = Bench.connected()
        stick("a", &bench)
        bench.wait(.seconds(100))
        bench.machines["a"]?.isStuck = false
        bench.work()
        #expect(bench.steps("a") == ["look", "attach", "look"])
        #expect(bench.core.report.notAnswering.isEmpty)
        #expect(bench.core.report.stuckCalls == 0)
        #expect(bench.lines(with: "result=attached") == 1)
    }

    @Test func `A call that returns after its guest has ended frees its place`() {
        var bench = Bench.connected()
        stick("a", &bench)
        bench.wait(.seconds(10))
        bench.event("a", .stopped)
        #expect(bench.core.report.stuckCalls == 1)
        #expect(bench.core.report.notAnswering.isEmpty)
        bench.fail("a", .operationInvalid)
        #expect(bench.core.report.stuckCalls == 0)
        #expect(bench.open.isEmpty)
    }

    @Test func `There are at most four calls, one of them for guests that have lately answered`() {
        var bench = Bench.connected()
        for number in 0..<9 {
            bench.machines["g\(number)"] = Bench.machine(Bench.pc("g\(number)"))
        }
        bench.give(.sweepRequested)
        bench.list()
        // Listed guests have not shown that they answer.
        #expect(bench.open.count == 3)
        for number in 10..<15 { bench.start(Bench.machine(Bench.pc("g\(number)"))) }
        #expect(bench.open.count == 4)
        #expect(bench.open.last?.call.uuid == "g10")
        bench.work()
        #expect(bench.core.report.treated == 14)
    }

    @Test func `Three guests that do not answer leave room for a guest that starts`() {
        var bench = Bench.connected()
        for uuid in ["a", "b", "c"] { stick(uuid, &bench) }
        bench.machines["old"] = Bench.machine(Bench.pc("old"))
        bench.wait(.seconds(5))
        #expect(bench.lines(with: "3 guests do not answer") == 1)
        bench.give(.sweepRequested)
        bench.list()
        #expect(bench.asked("old") == nil)
        bench.start(Bench.machine(Bench.pc("new")))
        bench.work()
        #expect(bench.steps("new") == ["look", "attach", "look"])
        stick("d", &bench)
        bench.wait(.seconds(5))
        #expect(bench.lines(with: "4 calls to libvirt never return") == 1)
        bench.start(Bench.machine(Bench.pc("e")))
        #expect(bench.asked("e") == nil)
        bench.machines["a"]?.isStuck = false
        bench.work()
        #expect(bench.core.report.stuckCalls == 3)
        #expect(bench.steps("e") == ["look", "attach", "look"])
    }

    @Test func `A guest that did not answer has no part in the reserve`() {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("d")))
        bench.answer("d", .failure(.occupied(.seconds(9))))
        for uuid in ["a", "b", "c"] { stick(uuid, &bench) }
        bench.wait(.seconds(20))
        #expect(bench.core.report.stuckCalls == 3)
        #expect(bench.steps("d") == ["look"])
        bench.machines["a"]?.isStuck = false
        bench.work()
        #expect(bench.steps("d") == ["look", "look", "attach", "look"])
    }

    @Test func `A new guest whose monitor is occupied for 5 s is reported once, and read again`() {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a")))
        bench.answer("a", .failure(.occupied(.seconds(1))))
        #expect(bench.core.report.notAnswering.isEmpty)
        bench.wait(.seconds(1))
        for _ in 0..<10 {
            bench.answer("a", .failure(.occupied(.seconds(9))))
            #expect(bench.core.report.notAnswering.count == 1)
            bench.wait(.seconds(5))
        }
        #expect(bench.lines.count == 1)
        bench.work()
        #expect(bench.core.report.notAnswering.isEmpty)
        #expect(bench.lines(with: "result=attached") == 1)
    }

    @Test func `A QEMU that a signal has stopped is not asked for a watchdog`() {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a")))
        bench.machines["a"]?.look.isStopped = true
        bench.waitWorking(.seconds(60))
        #expect(Set(bench.steps("a")) == ["look"])
        #expect(bench.lines.count == 1)
        bench.machines["a"]?.look.isStopped = false
        bench.waitWorking(.seconds(5))
        #expect(bench.lines(with: "result=attached") == 1)
    }

    @Test func `A stopped QEMU that needs nothing is not reported`() {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a") { $0.watchdogs = [Bench.ours()] }))
        bench.machines["a"]?.look.isStopped = true
        bench.work()
        #expect(bench.lines(with: "not-answering") == 0)
        #expect(bench.core.report.notAnswering.isEmpty)
    }

    @Test(arguments: [
        CallFailure.occupied(.seconds(60)),
        .libvirt(LibvirtError(code: .operationTimeout, message: "busy")),
    ])
    func `A treated guest that cannot be read is left to the next sweep`(failure: CallFailure) {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a")))
        bench.work()
        let lines = bench.lines.count
        bench.give(.sweepRequested)
        bench.list()
        bench.answer("a", .failure(failure))
        bench.wait(.seconds(200))
        #expect(bench.open.isEmpty)
        #expect(bench.lines.count == lines)
        #expect(bench.core.report.notAnswering.isEmpty)
    }

    @Test func `A treated guest whose look does not return is not reported for ever`() {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a")))
        bench.work()
        bench.give(.sweepRequested)
        bench.list()
        bench.wait(.seconds(10))
        #expect(bench.core.report.notAnswering.count == 1)
        bench.work()
        #expect(bench.core.report.notAnswering.isEmpty)
    }

    @Test func `A guest that waits is not reported as silent once it can be read`() {
        var bench = Bench.connected(running: ["a": Bench.machine(Bench.pc("a"), run: Bench.oldRun)])
        bench.answer("a", .failure(.occupied(.seconds(9))))
        #expect(bench.core.report.notAnswering.count == 1)
        bench.waitWorking(.seconds(5))
        #expect(bench.core.report.notAnswering.isEmpty)
        #expect(bench.core.report.waiting.count == 1)
    }

    @Test func `A silent guest does not keep its time after a restart of the daemon`() {
        var bench = Bench.connected()
        stick("a", &bench)
        bench.wait(.seconds(10))
        bench.give(.disconnected)
        bench.fail("a", .rpc)
        bench.machines["a"]?.isStuck = false
        bench.wait(.seconds(1))
        bench.connect()
        bench.work()
        #expect(bench.steps("a").suffix(3) == ["look", "attach", "look"])
        #expect(bench.core.report.notAnswering.isEmpty)
    }
}
