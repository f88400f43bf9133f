// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import Testing
import WatchdogPolicy

/// Attempts to attach a watchdog, and what libvirt says to them.
struct AttachTests {
    private static let orphan = LibvirtError(
        code: .internalError,
        message: "unable to execute QEMU command 'device_add': Duplicate device ID"
            + " 'ua-virt-watchdog'")
    private static let occupiedSlot = LibvirtError(
        code: .internalError,
        message: "unable to execute QEMU command 'device_add': PCI: slot 0 already occupied")

    private func bench(_ facts: GuestFacts, _ refusals: [LibvirtError] = []) -> Bench {
        var bench = Bench.connected()
        var machine = Bench.machine(facts)
        machine.refusals = refusals
        bench.start(machine)
        bench.work()
        return bench
    }

    @Test func `A guest without a watchdog gets one, which is read back`() {
        let bench = bench(Bench.pc("a"))
        #expect(bench.steps("a") == ["look", "attach", "look"])
        #expect(bench.lines.count == 1)
        #expect(bench.lines(with: "plan=attach result=attached") == 1)
    }

    @Test(arguments: [
        LibvirtError(code: .operationInvalid, message: "domain already has a watchdog"),
        LibvirtError(code: .xmlError, message: "non unique alias detected: ua-virt-watchdog"),
    ])
    func `A watchdog that another program attached meanwhile is as good`(error: LibvirtError) {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a")))
        if let look = bench.machines["a"]?.look { bench.answer("a", look) }
        bench.machines["a"]?.look.facts.watchdogs = [Bench.ours()]
        bench.answer("a", .failure(.libvirt(error)))
        bench.work()
        #expect(bench.steps("a") == ["look", "attach", "look"])
        #expect(bench.lines(with: "result=unchanged") == 1)
        #expect(bench.core.report.failed.isEmpty)
        #expect(bench.remembered["a"] == Bench.run)
    }

    @Test func `A place that is refused is left for another one`() {
        let bench = bench(Bench.q35("a"), [Self.occupiedSlot])
        let buses = bench.calls.compactMap {
            if case .attach(let xml) = $0.kind {
                xml.contains("bus='2'") ? 2 : 1
            } else {
                Int?.none
            }
        }
        #expect(buses == [2, 1])
        #expect(bench.lines(with: "result=attached") == 1)
    }

    @Test func `With all places refused, the guest fails with libvirt's error`() {
        let bench = bench(Bench.q35("a"), [Self.occupiedSlot, Self.occupiedSlot])
        #expect(bench.core.report.failed.map(\.reason) == ["libvirt says: \(Self.occupiedSlot)"])
        #expect(bench.remembered.isEmpty)
    }

    @Test func `On a conventional bus, the next slot is tried, from the last one down`() {
        let bench = bench(Bench.pc("a"), [Self.occupiedSlot, Self.occupiedSlot])
        let slots = bench.calls.compactMap { call -> String? in
            guard case .attach(let xml) = call.kind else { return nil }
            return xml.firstMatch(of: #/slot='(\d+)'/#).map { String($0.1) }
        }
        #expect(slots == ["31", "30", "29"])
        #expect(bench.lines(with: "result=attached") == 1)
    }

    @Test func `A refusal that has nothing to do with the place is not tried elsewhere`() {
        let bench = bench(Bench.pc("a"), [Self.noSuchModel])
        #expect(bench.steps("a") == ["look", "attach", "look"])
        #expect(bench.core.report.failed.count == 1)
    }

    private static let noSuchModel = LibvirtError(
        code: .internalError,
        message:
            "unable to execute QEMU command 'device_add': 'i6300esb' is not a valid device model name"
    )

    @Test func `A failure is reported once, and each sweep tries again`() {
        var bench = bench(Bench.pc("a"), Array(repeating: Self.noSuchModel, count: 5))
        for _ in 0..<4 {
            bench.give(.sweepRequested)
            bench.list()
            bench.work()
        }
        #expect(bench.steps("a").count { $0 == "attach" } == 5)
        #expect(bench.lines(with: "result=failed") == 1)
        bench.give(.sweepRequested)
        bench.list()
        bench.work()
        #expect(bench.core.report.failed.isEmpty)
        #expect(bench.lines(with: "result=attached") == 1)
    }

    @Test func `A device that libvirt took and does not show is an error`() {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a")))
        for _ in 0..<2 {
            if let look = bench.machines["a"]?.look { bench.answer("a", look) }
            if bench.asked("a") != nil { bench.answer("a", .success(.done)) }
        }
        #expect(bench.open.isEmpty)
        #expect(bench.lines(with: "does not show it") == 1)
    }

    @Test func `A call that times out is made again, after longer and longer waits`() {
        let timeout = LibvirtError(code: .operationTimeout, message: "busy")
        var bench = bench(Bench.pc("a"), Array(repeating: timeout, count: 12))
        #expect(bench.steps("a").count == 2)
        bench.waitWorking(.milliseconds(19))
        #expect(bench.steps("a").count == 2)
        bench.waitWorking(.milliseconds(1))
        #expect(bench.steps("a").count == 4)
        bench.waitWorking(.seconds(10))
        #expect(bench.steps("a").count == 18)
        bench.waitWorking(.seconds(20))
        #expect(bench.lines(with: "result=attached") == 1)
        #expect(bench.lines.count == 1)
    }

    @Test func `The log tells of 35 s without success, once`() {
        let timeout = LibvirtError(code: .operationTimeout, message: "busy")
        var bench = bench(Bench.pc("a"), Array(repeating: timeout, count: 1000))
        bench.waitWorking(.seconds(34))
        #expect(bench.lines.isEmpty)
        bench.waitWorking(.seconds(250))
        #expect(bench.lines.count == 1)
        #expect(bench.lines(with: "result=retrying") == 1)
    }

    // MARK: Orphans

    /// Answers until QEMU is asked to unplug, and returns when.
    private func unplugStart(_ bench: inout Bench) -> Duration {
        let start = bench.now
        bench.machines["a"]?.unanswered = [.unplugOrphan]
        while bench.asked("a") != .unplugOrphan, bench.now - start < .seconds(200) {
            bench.waitWorking(.milliseconds(20))
        }
        return bench.now - start
    }

    @Test func `A watchdog of which libvirt does not know is unplugged after the firmware's time`()
    {
        var bench = bench(Bench.pc("a"), Array(repeating: Self.orphan, count: 100))
        let time = unplugStart(&bench)
        #expect(time >= .seconds(60) && time < .seconds(70))
        #expect(bench.core.report.failed.count == 1, "its trouble is told")
        // QEMU is asked each second.
        for count in 1...100 {
            bench.answer("a", .success(.orphanIsGone(false)))
            #expect(bench.open.isEmpty)
            bench.waitWorking(.seconds(1))
            #expect(bench.steps("a").count { $0 == "unplug" } == count + 1)
        }
        bench.machines["a"]?.refusals = []
        bench.answer("a", .success(.orphanIsGone(true)))
        bench.wait(.milliseconds(1900))
        #expect(bench.open.isEmpty)
        bench.wait(.milliseconds(100))
        bench.work()
        #expect(bench.steps("a").suffix(3) == ["look", "attach", "look"])
        #expect(bench.lines(with: "opted-out") == 0)
        #expect(bench.lines(with: "result=attached") == 1)
    }

    @Test func `A watchdog that another program attaches meanwhile is not unplugged`() {
        var bench = bench(Bench.pc("a"), Array(repeating: Self.orphan, count: 100))
        _ = unplugStart(&bench)
        bench.answer("a", .success(.orphanIsGone(false)))
        bench.machines["a"]?.look.facts.watchdogs = [Bench.ours()]
        bench.waitWorking(.seconds(100))
        #expect(bench.steps("a").count { $0 == "unplug" } == 1)
        #expect(bench.lines(with: "result=unchanged") == 1)
    }

    @Test func `A guest that keeps such a watchdog fails after 10 min`() {
        var bench = bench(Bench.pc("a"), Array(repeating: Self.orphan, count: 100))
        _ = unplugStart(&bench)
        for _ in 0..<600 {
            bench.answer("a", .success(.orphanIsGone(false)))
            bench.waitWorking(.seconds(1))
        }
        bench.answer("a", .success(.orphanIsGone(false)))
        #expect(bench.open.isEmpty)
        #expect(bench.core.report.failed.count == 1)
        #expect(bench.lines(with: "reset the guest") == 2)
    }

    @Test func `A guest with endless orphans is reported once, however often a sweep tries again`()
    {
        var bench = bench(Bench.pc("a"), Array(repeating: Self.orphan, count: 1000))
        for _ in 0..<3 {
            _ = unplugStart(&bench)
            while bench.asked("a") == .unplugOrphan {
                bench.answer("a", .success(.orphanIsGone(false)))
                bench.waitWorking(.seconds(1))
            }
            bench.give(.sweepRequested)
            bench.list()
            bench.work()
        }
        #expect(bench.lines(with: "op=protect guest=\"name-a\" uuid=a result=failed") == 1)
        #expect(bench.lines(with: "result=retrying") == 1)
    }

    @Test func `A command unplugs at once`() {
        var bench = Bench(.command(["a"]))
        bench.machines["a"] = Bench.machine(Bench.pc("a"))
        bench.machines["a"]?.refusals = [Self.orphan]
        bench.connect()
        bench.waitWorking(.seconds(5))
        #expect(
            bench.steps("a") == ["look", "attach", "look", "unplug", "look", "attach", "look"])
        #expect(bench.outcomes["a"]?.isAsWanted == true)
    }
}
