// SPDX-License-Identifier: Apache-2.0

import Testing
import WatchdogPolicy

/// Which records of a guest's live metadata count for its present run, and what follows.
struct RecordTests {
    private static let run = RunID(boot: "b", process: 7, startTicks: 9)
    /// Other runs: after a boot, in another process, and in a later process with the same ID.
    private static let otherRuns = [
        RunID(boot: "c", process: 7, startTicks: 9), RunID(boot: "b", process: 8, startTicks: 9),
        RunID(boot: "b", process: 7, startTicks: 10),
    ]
    private static let none = GuestFacts.Watchdog(model: "i6300esb", action: "none")

    private static func aligned(
        run: RunID?, id: String = "1", definedAction: String = "none"
    ) -> GuestFacts {
        PlanTests.pc {
            $0.id = "1"
            $0.watchdogs = [none]
            $0.actionOverride = ActionOverride(
                action: "reset", definedAction: definedAction, id: id, run: run)
        }
    }

    private static func optedOut(run: RunID?) -> GuestFacts {
        PlanTests.pc {
            $0.id = "1"
            $0.optOut = OptOut(run: run)
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var reason: String
        var facts: GuestFacts
        var run: RunID?
        var hasArrived = false
        var counts: Bool

        var testDescription: String { reason }
    }

    private static let alignments =
        [
            Case(
                reason: "the same run",
                facts: aligned(run: run), run: run, counts: true),
            Case(
                reason: "the same run, another number",
                facts: aligned(run: run, id: "2"), run: run, counts: true),
            Case(
                reason: "the same run, another action underneath",
                facts: aligned(run: run, definedAction: "pause"), run: run, counts: false),
            Case(
                reason: "no run in the record, as from an earlier version or another host",
                facts: aligned(run: nil), run: run, counts: false),
            Case(
                reason: "neither run is known, the same number",
                facts: aligned(run: nil), run: nil, counts: true),
            Case(
                reason: "the present run is unknown, the same number",
                facts: aligned(run: run), run: nil, counts: true),
            Case(
                reason: "no run in the record, another number",
                facts: aligned(run: nil, id: "2"), run: nil, counts: false),
            Case(
                reason: "the present run is unknown, another number",
                facts: aligned(run: run, id: "2"), run: nil, counts: false),
            Case(
                reason: "the present run is unknown, another action underneath",
                facts: aligned(run: run, definedAction: "pause"), run: nil, counts: false),
            Case(
                reason: "no record",
                facts: PlanTests.pc { $0.watchdogs = [none] }, run: run, counts: false),
            Case(
                reason: "no record, and the present run is unknown",
                facts: PlanTests.pc { $0.watchdogs = [none] }, run: nil, counts: false),
        ]
        + otherRuns.flatMap {
            [
                Case(
                    reason: "a record of another run",
                    facts: aligned(run: $0), run: run, counts: false),
                Case(
                    reason: "a record of another run, in a guest that arrived",
                    facts: aligned(run: $0), run: run, hasArrived: true, counts: false),
            ]
        }

    @Test(arguments: alignments)
    func `An alignment counts only in its run, or by libvirt's number`(row: Case) {
        var facts = row.facts
        facts.trustRecords(of: row.run, hasArrived: row.hasArrived)
        #expect(facts.effectiveAction == (row.counts ? "reset" : nil))
        #expect(!facts.isOptedOutOfRun)
    }

    @Test func `A guest without libvirt's number has no alignment that counts by it`() {
        var facts = Self.aligned(run: nil)
        facts.id = nil
        facts.trustRecords(of: nil)
        #expect(facts.effectiveAction == nil)
    }

    private static let optOuts =
        [
            Case(
                reason: "the same run",
                facts: optedOut(run: run), run: run, counts: true),
            Case(
                reason: "the same run, in a guest that arrived",
                facts: optedOut(run: run), run: run, hasArrived: true, counts: true),
            Case(
                reason: "the present run is unknown",
                facts: optedOut(run: run), run: nil, counts: true),
            Case(
                reason: "neither run is known",
                facts: optedOut(run: nil), run: nil, counts: true),
            Case(
                reason: "no run in the record",
                facts: optedOut(run: nil), run: run, counts: false),
            Case(
                reason: "no run in the record, in a guest that arrived",
                facts: optedOut(run: nil), run: run, hasArrived: true, counts: true),
            Case(
                reason: "no record, in a guest that arrived",
                facts: PlanTests.pc(), run: run, hasArrived: true, counts: false),
            Case(
                reason: "no record, and the present run is unknown",
                facts: PlanTests.pc(), run: nil, counts: false),
        ]
        + otherRuns.flatMap {
            [
                Case(
                    reason: "a record of another run",
                    facts: optedOut(run: $0), run: run, counts: false),
                Case(
                    reason: "a record of another run, in a guest that arrived",
                    facts: optedOut(run: $0), run: run, hasArrived: true, counts: true),
                Case(
                    reason: "a record of another run, in a guest that arrived without a known run",
                    facts: optedOut(run: $0), run: nil, hasArrived: true, counts: true),
            ]
        }

    @Test(arguments: optOuts)
    func `An opt-out counts in its run, where the run is unknown, and in a guest that has arrived`(
        row: Case
    ) {
        var facts = row.facts
        facts.trustRecords(of: row.run, hasArrived: row.hasArrived)
        #expect(facts.isOptedOutOfRun == row.counts)
        #expect(facts.effectiveAction == nil)
        let isLeft = Plan(for: facts, under: .builtIn).decision == .leave(.removedFromRun)
        #expect(isLeft == row.counts)
    }

    @Test func `Asked about another run, the facts forget the answer for the first`() {
        var facts = Self.aligned(run: Self.run)
        facts.optOut = OptOut(run: Self.run)
        facts.trustRecords(of: Self.run)
        #expect(facts.effectiveAction == "reset" && facts.isOptedOutOfRun)
        facts.trustRecords(of: Self.otherRuns[0])
        #expect(facts.effectiveAction == nil && !facts.isOptedOutOfRun)
    }

    @Test func `No record counts before it is compared with the run`() {
        let facts = Self.optedOut(run: Self.run)
        #expect(!facts.isOptedOutOfRun)
        #expect(Plan(for: facts, under: .builtIn).name == "attach")
    }

    @Test(
        arguments: [
            (Policy(fault: "f"), nil, .faultyPolicy("f")),
            (Policy(exclude: [GuestPattern("*")]), nil, .excluded),
            (Policy(include: [GuestPattern("x")]), nil, .excluded),
            (Policy(model: .none), nil, .modelNone),
            (Policy(), ("enabled", "no"), .optedOut),
            (Policy(), ("model", "none"), .optedOut),
            (Policy(), ("enabled", "yes"), .removedFromRun),
            (Policy(), ("model", "ib700"), .removedFromRun),
            (Policy(existing: .align), nil, .removedFromRun),
        ] as [(Policy, (String, String)?, LeaveReason)])
    func `The policy, the guest's own opt-out and errors come before an opt-out of the run`(
        policy: Policy, attribute: (String, String)?, reason: LeaveReason
    ) {
        let facts = PlanTests.pc {
            $0.isOptedOutOfRun = true
            $0.watchdogs = [Self.none]
            $0.guestPolicy = attribute.map { GuestPolicy(attributes: [$0]) }
        }
        #expect(Plan(for: facts, under: policy).decision == .leave(reason))
    }

    @Test(arguments: [true, false])
    func `A filter changes the same with an opt-out as without`(isOptedOut: Bool) {
        var facts = Self.aligned(run: Self.otherRuns[0])
        facts.optOut = OptOut(run: Self.run)
        facts.isOptedOutOfRun = isOptedOut
        #expect(
            Plan(filtering: facts, under: .builtIn).decision
                == .changeAction(from: "none", to: .reset))
        let align = Policy(action: .pause, existing: .align)
        #expect(
            Plan(filtering: facts, under: align).decision == .changeAction(from: "none", to: .pause)
        )
    }

    @Test func `The change to a persistent definition does not depend on an opt-out`() {
        let persistent = PlanTests.pc {
            $0.isLive = false
            $0.optOut = OptOut(run: Self.run)
        }
        let addition = PersistentAddition(Plan(for: persistent, under: .builtIn), to: persistent)
        #expect(addition?.device == WatchdogDevice(model: .i6300esb, action: .reset))
        #expect(Verdict(.builtIn, inactive: persistent).kind == .protectedAtStart)
        #expect(NextBoot(.builtIn, persistent: persistent).source == "hook")
    }
}
