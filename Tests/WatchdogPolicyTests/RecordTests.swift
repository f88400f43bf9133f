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
        run: RunID?, id: String = "1", over: String = "none"
    ) -> GuestFacts {
        PlanTests.pc {
            $0.id = "1"
            $0.watchdogs = [none]
            $0.alignment = ActionOverride(action: "reset", over: over, id: id, run: run)
        }
    }

    private static func optedOut(run: RunID?) -> GuestFacts {
        PlanTests.pc {
            $0.id = "1"
            $0.optOut = OptOut(run: run)
        }
    }

    struct Case: Sendable {
        var facts: GuestFacts
        var run: RunID?
        var hasArrived = false
        var counts: Bool
    }

    private static let alignments =
        [
            Case(facts: aligned(run: run), run: run, counts: true),
            Case(facts: aligned(run: run, id: "2"), run: run, counts: true),
            Case(facts: aligned(run: run, over: "pause"), run: run, counts: false),
            // A record of an earlier version, or of another host.
            Case(facts: aligned(run: nil), run: run, counts: false),
            Case(facts: aligned(run: nil), run: nil, counts: true),
            Case(facts: aligned(run: run), run: nil, counts: true),
            Case(facts: aligned(run: nil, id: "2"), run: nil, counts: false),
            Case(facts: aligned(run: run, id: "2"), run: nil, counts: false),
            Case(facts: aligned(run: run, over: "pause"), run: nil, counts: false),
            Case(facts: PlanTests.pc { $0.watchdogs = [none] }, run: run, counts: false),
            Case(facts: PlanTests.pc { $0.watchdogs = [none] }, run: nil, counts: false),
        ]
        + otherRuns.flatMap {
            [
                Case(facts: aligned(run: $0), run: run, counts: false),
                Case(facts: aligned(run: $0), run: run, hasArrived: true, counts: false),
            ]
        }

    @Test("An alignment counts only in its run, or by libvirt's number", arguments: alignments)
    func alignment(row: Case) {
        var facts = row.facts
        facts.trustRecords(of: row.run, hasArrived: row.hasArrived)
        #expect(facts.effectiveAction == (row.counts ? "reset" : nil))
        #expect(!facts.isOptedOutOfRun)
    }

    @Test("A guest without libvirt's number has no alignment that counts by it")
    func withoutNumber() {
        var facts = Self.aligned(run: nil)
        facts.id = nil
        facts.trustRecords(of: nil)
        #expect(facts.effectiveAction == nil)
    }

    private static let optOuts =
        [
            Case(facts: optedOut(run: run), run: run, counts: true),
            Case(facts: optedOut(run: run), run: run, hasArrived: true, counts: true),
            Case(facts: optedOut(run: run), run: nil, counts: true),
            Case(facts: optedOut(run: nil), run: nil, counts: true),
            Case(facts: optedOut(run: nil), run: run, counts: false),
            Case(facts: optedOut(run: nil), run: run, hasArrived: true, counts: true),
            Case(facts: PlanTests.pc(), run: run, hasArrived: true, counts: false),
            Case(facts: PlanTests.pc(), run: nil, counts: false),
        ]
        + otherRuns.flatMap {
            [
                Case(facts: optedOut(run: $0), run: run, counts: false),
                Case(facts: optedOut(run: $0), run: run, hasArrived: true, counts: true),
                Case(facts: optedOut(run: $0), run: nil, hasArrived: true, counts: true),
            ]
        }

    @Test(
        "An opt-out counts in its run, where the run is unknown, and in a guest that has arrived",
        arguments: optOuts)
    func optOut(row: Case) {
        var facts = row.facts
        facts.trustRecords(of: row.run, hasArrived: row.hasArrived)
        #expect(facts.isOptedOutOfRun == row.counts)
        #expect(facts.effectiveAction == nil)
        let isLeft = Plan(for: facts, under: .builtIn).decision == .leave(.removedFromRun)
        #expect(isLeft == row.counts)
    }

    @Test("Asked about another run, the facts forget the answer for the first")
    func askedAgain() {
        var facts = Self.aligned(run: Self.run)
        facts.optOut = OptOut(run: Self.run)
        facts.trustRecords(of: Self.run)
        #expect(facts.effectiveAction == "reset" && facts.isOptedOutOfRun)
        facts.trustRecords(of: Self.otherRuns[0])
        #expect(facts.effectiveAction == nil && !facts.isOptedOutOfRun)
    }

    @Test("No record counts before it is compared with the run")
    func untrusted() {
        let facts = Self.optedOut(run: Self.run)
        #expect(!facts.isOptedOutOfRun)
        #expect(Plan(for: facts, under: .builtIn).name == "attach")
    }

    @Test(
        "The policy, the guest's own opt-out and errors come before an opt-out of the run",
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
    func order(policy: Policy, attribute: (String, String)?, reason: LeaveReason) {
        let facts = PlanTests.pc {
            $0.isOptedOutOfRun = true
            $0.watchdogs = [Self.none]
            $0.guestPolicy = attribute.map { GuestPolicy(attributes: [$0]) }
        }
        #expect(Plan(for: facts, under: policy).decision == .leave(reason))
    }

    @Test("A filter changes the same with an opt-out as without", arguments: [true, false])
    func filter(isOptedOut: Bool) {
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

    @Test("What a persistent definition is given does not depend on an opt-out")
    func persistent() {
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
