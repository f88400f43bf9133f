// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import TestSupport
import WatchdogPolicy

/// A run of the simulation: faults in the first minute, then time for the cores to put all right.
public struct Schedule: Sendable {
    /// What decides everything in it.
    public let seed: UInt64

    /// Names a schedule.
    public init(seed: UInt64) {
        self.seed = seed
    }

    /// Within how long of the last fault every guest has to be as the policy wants it.
    ///
    /// Two sweeps, since the events of a guest may be lost, and the time of a queue.
    static let limit = Duration.seconds(900)

    /// From when on nothing changes any more: a sweep has found what events did not tell.
    static let quietAfter = Duration.seconds(400)

    /// What a schedule came to.
    public struct Outcome: Sendable {
        /// What went wrong; empty where nothing did.
        public var violations: [String]
        /// What happened, where it was asked for.
        public var journal: [String]
    }

    /// Runs the schedule.
    ///
    /// - Parameter records: Whether to note what happens.
    public func run(records: Bool = false) -> Outcome {
        var world = World(seed: seed, records: records)
        let count = Int.random(in: 1...6, using: &world.chance)
        for _ in 0..<count {
            let shape = World.Shape.allCases.randomElement(using: &world.chance) ?? .pc
            world.addGuest(shape)
        }
        world.policy.exclude = [GuestPattern("excluded-*")].compactMap { $0 }
        if Bool.random(using: &world.chance) { world.policy.running = .all }
        // Some guests run before the service first comes.
        for guest in 0..<count where Bool.random(using: &world.chance) {
            world.within(0...500, .act(.start(guest)))
        }
        let coming = world.milliseconds(0...8000)
        world.memory.firstTicks = UInt64(coming / .milliseconds(10))
        world.at(coming, .serviceStarts)
        var last = Duration.zero
        for _ in 0..<Int.random(in: 2...24, using: &world.chance) {
            let time = world.milliseconds(0...60_000)
            last = max(last, time)
            world.at(time, .act(.random(guests: count, using: &world.chance)))
        }
        // The last faults: all that was about to come back has, and no event is lost from then on.
        last += .seconds(95)
        world.at(last, .act(.toLose(0)))
        world.at(last, .serviceStarts)
        world.quiet = last + Self.quietAfter
        world.run(until: last + Self.limit)
        world.check()
        return Outcome(violations: world.violations, journal: world.journal)
    }
}

extension World {
    /// Checks that every guest is as the policy wants it, or that the service names a true reason.
    mutating func check() {
        guard let core = actors[0].core else {
            violations.append("there is no service")
            return
        }
        let report = core.report
        if daemonIsUp, !report.isConnected, !isReleased {
            violations.append("the service is not connected")
        }
        checkCalls(core)
        for guest in guests {
            guard let run = guest.run else { continue }
            if run.wasRemoved, !run.isHung, !run.isStopped, run.defined.contains(where: \.isOwned) {
                violations.append("\(guest.name) has a watchdog after its removal")
            }
            if run.emulated > 1 { violations.append("\(guest.name) has \(run.emulated) watchdogs") }
            check(guest, run, report)
        }
        for actor in actors.indices.dropFirst() where actors[actor].core != nil {
            violations.append("a one-shot or a command has not ended")
        }
        checkQuietness(report)
        if lineCount > 400 { violations.append("\(lineCount) lines were logged") }
    }

    private var isReleased: Bool { idlesOut && guests.allSatisfy { $0.run == nil } }

    private mutating func checkCalls(_ core: Core) {
        let hanging = guests.count { $0.run?.occupiedSince != nil }
        if core.unansweredCalls > min(4, hanging) {
            violations.append(
                "\(core.unansweredCalls) calls have not returned, \(hanging) guests hang")
        }
        if core.unansweredCalls != actors[0].outstanding.count {
            violations.append("a call is lost")
        }
    }

    private mutating func check(_ guest: Guest, _ run: Run, _ report: Report) {
        var facts = facts(of: guest, run)
        let arrived = run.reason == .migrated || run.reason == .restored
        facts.trustRecords(of: runID(run), hasArrived: arrived)
        let plan = Plan(for: facts, under: policy)
        func names(_ entries: [Report.Entry]) -> Bool { entries.contains { $0.uuid == guest.uuid } }
        let isNamed = names(report.notAnswering)
        if run.isHung || run.isStopped {
            // Of a run that was treated, or is old, the service cannot know that it needs a
            // call while its monitor is occupied.
            let isLeftAlone =
                memory.treated[guest.uuid] == runID(run)
                || runID(run).startTicks < memory.firstTicks
            let needsCall = plan.changesLiveGuest && !names(report.waiting) && !isLeftAlone
            if !needsCall, isNamed, run.occupiedSince == nil {
                violations.append("\(guest.name) needs nothing, and is named as silent")
            }
            // Without room, it is not asked.
            if needsCall, !isNamed, report.stuckCalls < 3 {
                violations.append("\(guest.name) hangs, and is not named")
            }
            return
        }
        if isNamed { violations.append("\(guest.name) answers, and is named as silent") }
        guard plan.changesLiveGuest else {
            return checkCarriedOut(guest, run, facts, plan)
        }
        if names(report.waiting) {
            let isOld = runID(run).startTicks < memory.firstTicks
            if !isOld, memory.treated[guest.uuid] != runID(run) {
                violations.append("\(guest.name) waits, and is new")
            }
            if policy.running == .all { violations.append("\(guest.name) waits for ever") }
            return
        }
        let failed = report.failed.first { $0.uuid == guest.uuid }?.reason
        violations.append(
            "\(guest.name) (\(guest.shape)) is not as planned: \(plan.name)"
                + ", failed: \(failed ?? "no"), hand: \(run.removedByHand)")
    }

    /// How long a command may take: it waits for a connection, an arrival and a busy guest in turn.
    static let commandLimit = Duration.seconds(150)

    /// Checks a call of the service when nothing happens any more: only a guest that is not as
    /// planned is asked for anything but its looks.
    mutating func checkQuiet(_ call: Call) {
        guard let number = index[call.uuid], let run = guests[number].run else { return }
        if case .look = call.kind { quietLooks[call.uuid, default: 0] += 1 }
        var facts = facts(of: guests[number], run)
        facts.trustRecords(of: runID(run), hasArrived: true)
        let isNeeded =
            switch call.kind {
            case .attach, .unplugOrphan, .persist: Plan(for: facts, under: policy).changesLiveGuest
            case .detach: facts.isOptedOutOfRun && facts.watchdogs.contains(where: \.isOwned)
            case .setAction: run.actionOverride?.isPending == true
            case .record(.some(let record)) where record.isPending:
                Plan(for: facts, under: policy).changesLiveGuest
                    || run.actionOverride?.isPending == true
            case .look, .record, .optOut: true
            case .removePersistent, .inspect: false
            }
        if !isNeeded { violations.append("\(guests[number].name) needs no \(call.kind)") }
    }

    private mutating func checkQuietness(_ report: Report) {
        for (line, count) in quietLines where count > 1 {
            violations.append("\(count) times: \(line)")
        }
        for guest in guests {
            // A hanging guest is read every 5 s.
            let hangs = guest.run?.isHung == true || guest.run?.isStopped == true
            let count = quietLooks[guest.uuid] ?? 0
            if count > (hangs ? 110 : 20) {
                violations.append("\(guest.name) was read \(count) times")
            }
        }
        let told = actors[0].toldWaiting
        if policy.running == .new, policy.fault == nil, !report.waiting.isEmpty,
            told < report.waiting.count
        {
            violations.append("\(report.waiting.count) guests wait, and \(told) were told")
        }
    }

    private mutating func checkCarriedOut(
        _ guest: Guest, _ run: Run, _ facts: GuestFacts, _ plan: Plan
    ) {
        guard case .leave(.asWanted(let device)) = plan.decision else { return }
        if run.defined.contains(where: \.isOwned) != (run.emulated == 1) {
            violations.append("\(guest.name): libvirt and QEMU differ")
        }
        if run.emulated == 1, run.action != device.action.rawValue {
            violations.append("\(guest.name): QEMU's action is \(run.action)")
        }
        // The run of a guest that is not treated keeps its records.
        let isOld = runID(run).startTicks < memory.firstTicks
        if run.actionOverride != nil, facts.effectiveAction == nil, !isOld {
            violations.append("\(guest.name) has a stale record")
        }
    }
}
