// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import Testing
import WatchdogPolicy

/// Cores for named guests: one-shots and commands.
struct ScopeTests {
    private func oneShot(_ machine: Bench.Machine? = nil) -> Bench {
        var bench = Bench(.oneShot("a"))
        bench.machines["a"] = machine
        bench.connect()
        return bench
    }

    private func command(
        _ uuids: [String] = ["a"], _ change: (inout Settings) -> Void = { _ in }
    ) -> Bench {
        var settings = Settings.command(uuids)
        change(&settings)
        var bench = Bench(settings)
        for uuid in uuids { bench.machines[uuid] = Bench.machine(Bench.pc(uuid)) }
        bench.give(.connected(idlesOut: false))
        return bench
    }

    @Test func `A one-shot lists, treats its guest whatever its run, and is done`() {
        var bench = Bench(.oneShot("a"))
        bench.machines["a"] = Bench.machine(Bench.pc("a"), run: Bench.oldRun)
        bench.machines["b"] = Bench.machine(Bench.pc("b"))
        bench.give(.connected(idlesOut: false))
        #expect(bench.lists == 1)
        #expect(bench.open.isEmpty)
        bench.list()
        bench.work()
        #expect(bench.steps("a") == ["look", "attach", "look"])
        #expect(bench.steps("b").isEmpty)
        #expect(bench.core.isDone)
        #expect(bench.outcomes["a"]?.isAsWanted == true)
        #expect(bench.remembered.isEmpty)
    }

    @Test func `A one-shot whose guest does not run is done`() {
        let bench = oneShot()
        #expect(bench.core.isDone)
        #expect(bench.outcomes["a"]?.isAsWanted == true)
    }

    @Test func `A command asks without a list`() {
        var bench = command(["a", "b"])
        #expect(bench.lists == 0)
        #expect(bench.looks == ["a", "b"])
        bench.work()
        #expect(bench.core.isDone)
        #expect(bench.outcomes.count == 2)
        #expect(bench.core.report.treated == 2)
    }

    @Test func `A command has up to four calls at once, and three to guests that may not answer`() {
        var bench = command(["a", "b", "c", "d", "e"])
        #expect(bench.open.count == 4)
        while bench.asked("d") == .look || bench.asked("e") == .look
            || bench.open.contains(where: { $0.call.kind == .look })
        {
            let uuid = bench.open.first { $0.call.kind == .look }?.call.uuid ?? ""
            if let look = bench.machines[uuid]?.look { bench.answer(uuid, look) }
        }
        #expect(bench.open.count == 3)
        #expect(bench.open.allSatisfy { $0.call.kind.needsQEMU })
    }

    @Test func `With three guests that do not answer, a command leaves no guest without a result`()
        throws
    {
        let uuids = (1...9).map { "guest-\($0)" }
        var bench = command(uuids)
        for uuid in uuids.prefix(3) {
            guard let look = bench.machines[uuid]?.look else { continue }
            bench.machines[uuid]?.isStuck = true
            bench.answer(uuid, look)
        }
        bench.waitWorking(.seconds(15))
        #expect(bench.core.isDone)
        for uuid in uuids {
            let error = try #require(bench.outcomes[uuid]).error
            switch error {
            case .silent: #expect(uuids.prefix(3).contains(uuid))
            case .notAsked(3): #expect(!uuids.prefix(3).contains(uuid))
            case nil: break
            default: Issue.record("\(uuid): \(String(describing: error))")
            }
        }
    }

    @Test func `A command gives a guest up whose call does not return`() throws {
        var bench = command()
        bench.wait(.seconds(10))
        #expect(bench.core.isDone)
        #expect(bench.outcomes["a"]?.isAsWanted == false)
        guard case .failure(.silent) = try #require(bench.outcomes["a"]?.protection) else {
            Issue.record("not told as silent")
            return
        }
    }

    @Test func `A command gives up after 35 s of failures`() {
        var bench = command()
        bench.machines["a"]?.refusals = Array(
            repeating: LibvirtError(code: .operationTimeout, message: "busy"), count: 1000)
        bench.waitWorking(.seconds(34))
        #expect(!bench.core.isDone)
        bench.waitWorking(.seconds(7))
        #expect(bench.core.isDone)
    }

    @Test func `A one-shot gives up after 10 min of failures or of silence`() {
        for isSilent in [true, false] {
            var bench = oneShot(Bench.machine(Bench.pc("a")))
            if isSilent {
                bench.wait(.seconds(599))
            } else {
                bench.machines["a"]?.refusals = Array(
                    repeating: LibvirtError(code: .operationTimeout, message: "busy"), count: 1000)
                bench.waitWorking(.seconds(599))
            }
            #expect(!bench.core.isDone)
            isSilent ? bench.wait(.seconds(11)) : bench.waitWorking(.seconds(6))
            #expect(bench.core.isDone)
            #expect(bench.outcomes["a"]?.isAsWanted == false)
        }
    }

    @Test(arguments: ["no daemon", "lost"])
    func `A one-shot ends with its daemon, and the log says so`(trouble: String) {
        var bench = Bench(.oneShot("a"))
        if trouble == "lost" {
            bench.machines["a"] = Bench.machine(Bench.pc("a"))
            bench.connect()
            bench.give(.disconnected)
            bench.wait(.seconds(1))
        }
        #expect(!bench.core.isDone)
        bench.give(.noDaemon)
        #expect(bench.core.isDone)
        #expect(bench.outcomes["a"]?.isAsWanted == false)
        #expect(bench.lines(with: "the daemon has ended") == 1)
    }

    @Test(arguments: ["refused", "no answer"], [true, false])
    func `Without a connection, named guests are given up in time`(
        trouble: String, isCommand: Bool
    ) {
        let limit = isCommand ? 35 : 600
        var bench = Bench(isCommand ? .command(["a", "b"]) : .oneShot("a"))
        for second in 0..<limit + 1 where !bench.core.isDone {
            #expect(second <= limit + 1)
            if trouble == "refused" { bench.give(.connectionFailed("too many clients")) }
            if second < limit - 1 { #expect(!bench.core.isDone) }
            bench.wait(.seconds(1))
        }
        #expect(bench.core.isDone)
        #expect(bench.outcomes["a"]?.isAsWanted == false)
        #expect(bench.lines(with: "hooks do not count") == 0)
    }

    @Test func `A command waits 35 s for a guest that migrates in, and a one-shot for ever`() {
        for isCommand in [true, false] {
            var bench = isCommand ? command() : oneShot(Bench.machine(Bench.pc("a")))
            bench.machines["a"]?.look.isArriving = true
            bench.waitWorking(.seconds(34))
            #expect(!bench.core.isDone)
            bench.waitWorking(.seconds(1000))
            #expect(bench.core.isDone == isCommand)
            #expect(Set(bench.steps("a")) == ["look"])
        }
    }

    @Test func `A faulty policy ends a one-shot`() {
        var bench = Bench(.oneShot("a"), policy: Policy(fault: "line 1"))
        bench.machines["a"] = Bench.machine(Bench.pc("a"))
        bench.connect()
        bench.work()
        #expect(bench.core.isDone)
        #expect(bench.steps("a") == ["look"])
    }

    // MARK: Persistent definitions

    @Test func `The service persists where the policy says so, and once a run`() {
        var bench = Bench.connected(policy: Policy(persist: true))
        bench.start(Bench.machine(Bench.pc("a")))
        bench.work()
        #expect(bench.steps("a") == ["look", "attach", "look", "persist"])
        #expect(bench.lines(with: "op=persist") == 1)
        bench.give(.sweepRequested)
        bench.list()
        bench.work()
        #expect(bench.steps("a").count == 5)
        #expect(bench.core.report.treated == 1)
    }

    @Test func `A command that persists does so for a guest that is off`() {
        var bench = command { $0.persists = true }
        bench.machines["a"]?.look.facts.isLive = false
        bench.work()
        #expect(bench.steps("a") == ["look", "persist"])
        #expect(bench.outcomes["a"]?.persistence != nil)
        #expect(bench.outcomes["a"]?.protection == nil)
    }

    @Test func `A command leaves a guest that is off alone without`() {
        var bench = command()
        bench.machines["a"]?.look.facts.isLive = false
        bench.work()
        #expect(bench.steps("a") == ["look"])
        #expect(bench.core.isDone)
    }

    @Test func `An error of the persistent definition leaves the running guest's result`() {
        var bench = command { $0.persists = true }
        while bench.asked("a") != nil, bench.asked("a") != .persist(Policy(), dryRun: false) {
            bench.workOnce()
        }
        bench.fail("a", .xmlError)
        #expect(bench.outcomes["a"]?.isAsWanted == true)
        guard case .failure = bench.outcomes["a"]?.persistence else {
            Issue.record("the error is lost")
            return
        }
    }

    @Test func `A persistent definition that is always busy is given up after 35 s`() {
        var bench = command { $0.persists = true }
        var attempts = 0
        while bench.now < .seconds(60), !bench.core.isDone {
            if bench.asked("a") == .persist(Policy(), dryRun: false) {
                attempts += 1
                bench.fail("a", .operationTimeout)
            } else if bench.asked("a") != nil {
                bench.workOnce()
            } else {
                bench.wait(.milliseconds(20))
            }
        }
        #expect(bench.core.isDone)
        #expect(bench.now >= .seconds(35) && bench.now < .seconds(42))
        #expect(attempts < 30)
        #expect(bench.core.report.treated == 1)
        guard case .failure = bench.outcomes["a"]?.persistence,
            case .success = bench.outcomes["a"]?.protection
        else {
            Issue.record("\(String(describing: bench.outcomes["a"]))")
            return
        }
    }
}
