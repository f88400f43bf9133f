// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import System
import Testing
import WatchdogPolicy

/// The lines of the log, and the report.
struct ReportTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var reason: String
        var policy = Policy()
        var facts: GuestFacts
        var line: String
        var severity: SystemLog.Severity

        var testDescription: String { reason }
    }

    @Test(arguments: [
        Case(
            reason: "an attached device", facts: Bench.pc("a"),
            line: "plan=attach result=attached", severity: .notice),
        Case(
            reason: "a guest that has its watchdog",
            facts: Bench.pc("a") { $0.watchdogs = [Bench.ours()] },
            line: "plan=leave result=unchanged", severity: .notice),
        Case(
            reason: "no room", facts: Bench.pc("a") { $0.controllers = [] },
            line: "result=unprotected",
            severity: .warning),
        Case(
            reason: "a guest that keeps the action none",
            facts: Bench.pc("a") {
                $0.watchdogs = [GuestFacts.Watchdog(model: "i6300esb", action: "none")]
            },
            line: "plan=leave result=unchanged", severity: .warning),
        Case(
            reason: "a policy with the action none", policy: Policy(action: .none),
            facts: Bench.pc("a"), line: "plan=attach result=attached", severity: .warning),
        Case(
            reason: "an excluded guest", policy: Policy(exclude: [GuestPattern("*")]),
            facts: Bench.pc("a"), line: "plan=leave result=unchanged", severity: .notice),
        Case(
            reason: "a faulty policy", policy: Policy(fault: "line 1"), facts: Bench.pc("a"),
            line: "plan=leave result=unchanged", severity: .error),
    ])
    func `Each decision is one line, and sweeps do not repeat it`(row: Case) {
        var bench = Bench.connected(policy: row.policy)
        bench.start(Bench.machine(row.facts))
        bench.work()
        for _ in 0..<3 {
            bench.give(.sweepRequested)
            bench.list()
            bench.work()
        }
        #expect(bench.lines.count == 1)
        #expect(bench.lines.first?.text.contains("op=protect guest=\"name-a\" uuid=a") == true)
        #expect(bench.lines.first?.text.contains(row.line) == true, "\(bench.lines)")
        #expect(bench.lines.first?.severity == row.severity)
    }

    @Test func `A definition that cannot be read is an error`() {
        var bench = Bench.connected()
        bench.event("a", .started(.booted))
        bench.answer("a", .failure(.definition("bad")))
        #expect(bench.lines(with: "cannot read") == 1)
        #expect(bench.core.report.failed.map(\.name) == ["name-a"])
    }

    @Test func `The report counts and names guests`() {
        var bench = Bench.connected(running: [
            "old": Bench.machine(Bench.pc("old"), run: Bench.oldRun),
            "new": Bench.machine(Bench.pc("new")),
            "bad": Bench.machine(Bench.pc("bad")),
        ])
        bench.machines["bad"]?.refusals = [LibvirtError(code: .unsupported, message: "no")]
        bench.work()
        bench.start(Bench.machine(Bench.pc("silent")))
        bench.wait(.seconds(5))
        let report = bench.core.report
        #expect(report.isConnected)
        #expect(report.running == 4)
        #expect(report.treated == 1)
        #expect(report.waiting.map(\.name) == ["name-old"])
        #expect(report.failed.map(\.reason) == ["libvirt says: no"])
        #expect(report.notAnswering.map(\.uuid) == ["silent"])
        #expect(report.stuckCalls == 1)
        #expect(
            ServiceState(report).summary
                == "connected, 4 guests run, 1 treated, 1 wait, 1 do not answer, 1 failed")
    }
}
