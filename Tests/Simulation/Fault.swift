// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import TestSupport
import WatchdogPolicy

/// Something that an operator, a tool or bad luck does to the host.
enum Fault: Sendable {
    case start(Int)
    case restore(Int)
    case migrateIn(Int)
    case migrateOut(Int)
    case revert(Int)
    case stop(Int)
    case restart(Int)
    case save(Int)
    case rename(Int)
    case unplug(Int)
    case job(Int, Duration)
    case hang(Int, Duration)
    case stopProcess(Int, Duration)
    case hangForever(Int)
    case killDaemon
    case killDaemonAtAttach
    case stopDaemon(Duration)
    case loseConnection
    case killService(Duration)
    case changePolicy(Policy)
    case oneShot(Int)
    case command(Int)
    case remove(Int, live: Bool, dryRun: Bool)
    case inspect(Int)
    case toLose(Int)
}

extension Fault {
    /// Chooses a fault.
    static func random(guests: Int, using chance: inout SplitMix64) -> Fault {
        let guest = Int.random(in: 0..<guests, using: &chance)
        func seconds(_ range: ClosedRange<Int>) -> Duration {
            .milliseconds(
                Int.random(
                    in: (range.lowerBound * 1000)...(range.upperBound * 1000), using: &chance))
        }
        switch Int.random(in: 0..<44, using: &chance) {
        case 0..<8: return .start(guest)
        case 8..<10: return .restore(guest)
        case 10..<12: return .migrateIn(guest)
        case 12: return .migrateOut(guest)
        case 13: return .revert(guest)
        case 14..<17: return .stop(guest)
        case 17..<19: return .restart(guest)
        case 19: return .save(guest)
        case 20: return .rename(guest)
        case 21..<23: return .unplug(guest)
        case 23: return .job(guest, seconds(1...45))
        case 24..<26: return .hang(guest, seconds(1...90))
        case 26: return .stopProcess(guest, seconds(1...90))
        case 27: return .hangForever(guest)
        case 28: return .killDaemon
        case 29: return .killDaemonAtAttach
        case 30: return .stopDaemon(seconds(1...60))
        case 31: return .loseConnection
        case 32..<34: return .killService(seconds(0...20))
        case 34..<36: return .changePolicy(.random(using: &chance))
        case 36: return .oneShot(guest)
        case 37: return .command(guest)
        case 38..<40:
            return .remove(
                guest, live: Int.random(in: 0..<8, using: &chance) > 0,
                dryRun: Int.random(in: 0..<8, using: &chance) == 0)
        case 40: return .inspect(guest)
        default: return .toLose(Int.random(in: 0...40, using: &chance))
        }
    }
}

extension Policy {
    /// Chooses a policy.
    static func random(using chance: inout SplitMix64) -> Policy {
        var policy = Policy()
        switch Int.random(in: 0..<8, using: &chance) {
        case 0: policy.action = .pause
        case 1: policy.existing = .align
        case 2: policy.model = .none
        case 3: policy.fault = "line 1: unknown action"
        case 4: policy.action = .poweroff
        default: break
        }
        if Int.random(in: 0..<3, using: &chance) == 0 { policy.running = .all }
        policy.exclude = [GuestPattern("excluded-*")].compactMap { $0 }
        return policy
    }
}

extension World {
    mutating func act(_ fault: Fault) {
        note("fault \(fault)")
        switch fault {
        case .start(let guest): startOnDemand(guest, .booted)
        case .restore(let guest):
            guard let saved = guests[guest].saved else { return startOnDemand(guest, .booted) }
            startOnDemand(guest, .restored, from: saved)
        case .migrateIn(let guest):
            let isOther = percent(50)
            startOnDemand(guest, .migrated, from: isOther ? foreignRun(guest) : nil)
        case .migrateOut(let guest):
            guard guests[guest].run?.hooksUntil == nil else { return }
            stop(guest)
        case .revert(let guest): revert(guest)
        case .stop(let guest):
            guard guests[guest].run?.hooksUntil == nil else { return }
            stop(guest)
        case .restart(let guest):
            guard guests[guest].run?.hooksUntil == nil else { return }
            stop(guest)
            startOnDemand(guest, .booted)
        case .save(let guest):
            guard let run = guests[guest].run, isFree(run) else { return }
            guests[guest].saved = run
            stop(guest)
        case .rename(let guest):
            guard guests[guest].run == nil else { return }
            guests[guest].name += "x"
        case .unplug(let guest): unplug(guest)
        case .job(let guest, let duration):
            guard let run = guests[guest].run, isFree(run) else { return }
            guests[guest].run?.hasJob = true
            after(duration, .jobEnds(guest, run: run.number))
        case .hang(let guest, let duration), .stopProcess(let guest, let duration):
            guard let run = guests[guest].run else { return }
            if case .hang = fault {
                guests[guest].run?.isHung = true
            } else {
                guests[guest].run?.isStopped = true
            }
            after(duration, .wakesUp(guest, run: run.number))
        case .hangForever(let guest):
            if guests[guest].run?.isStopped == false { guests[guest].run?.isHung = true }
        case .killDaemon: killDaemon()
        case .killDaemonAtAttach: killsAtAttach = true
        case .stopDaemon(let duration):
            guard daemonIsUp, !daemonIsStopped else { return }
            daemonIsStopped = true
            after(duration, .daemonGoesOn(epoch))
        case .loseConnection: if daemonIsUp { loseConnections(0) }
        case .killService(let duration):
            kill(0)
            after(duration, .serviceStarts)
        case .changePolicy(let new):
            policy = new
            let generation = actors[0].generation
            at(now, .input(0, generation: generation, epoch: 0, .policyIsChanging))
            // The service reads one change after the other.
            policyTime = max(now + milliseconds(0...300), policyTime)
            at(policyTime, .input(0, generation: generation, epoch: 0, .policy(new)))
        case .oneShot(let guest):
            add(Core(.oneShot(guests[guest].uuid), policy: policy, memory: memory))
        case .command(let guest): command(guest, .protect)
        case .remove(let guest, let live, let dryRun):
            command(guest, .remove(live: live, config: true, dryRun: dryRun))
        case .inspect(let guest): command(guest, .inspect(usesMonitor: true))
        case .toLose(let percent): lossPercent = percent
        }
    }

    private mutating func command(_ guest: Int, _ goal: Settings.Goal) {
        guard daemonIsUp, guests[guest].run?.hooksUntil == nil else { return }
        let settings = Settings.command([guests[guest].uuid], goal)
        let dryRun =
            switch goal {
            case .protect: false
            case .remove(_, _, let dryRun): dryRun
            case .plan, .inspect: true
            }
        actors.append(
            Actor(
                core: Core(settings, policy: policy, memory: memory), isCommand: true,
                dryRun: dryRun))
        begin(actors.count - 1)
    }

    private func isFree(_ run: Run) -> Bool {
        run.hooksUntil == nil && !run.hasJob && !run.isHung && !run.isStopped && !run.isArriving
    }

    private mutating func add(_ core: Core) {
        actors.append(Actor(core: core))
        begin(actors.count - 1)
    }

    /// Starts a guest, and with it a daemon that has idled out.
    private mutating func startOnDemand(
        _ guest: Int, _ start: GuestEvent.Start, from other: Run? = nil
    ) {
        if isIdle {
            isIdle = false
            daemonIsUp = true
        }
        self.start(guest, start, from: other)
    }

    /// A run on another host, with a watchdog and records of its own.
    private mutating func foreignRun(_ guest: Int) -> Run? {
        guard [.pc, .port].contains(guests[guest].shape) else { return nil }
        var run = Run(number: 0, id: 7, began: .zero)
        let foreign = RunID(boot: "other", process: 77, startTicks: 7)
        if percent(30) {
            run.optOut = OptOut(run: foreign)
        } else {
            let address =
                guests[guest].shape == .pc
                ? GuestFacts.PCIAddress(bus: 0, slot: 3) : GuestFacts.PCIAddress(bus: 1, slot: 0)
            run.defined = [
                GuestFacts.Watchdog(
                    model: "i6300esb", action: "reset", alias: WatchdogDevice.alias,
                    address: address)
            ]
            if percent(30) {
                run.actionOverride = ActionOverride(
                    action: "pause", definedAction: "reset", id: "7", run: foreign)
            }
        }
        return run
    }

    private mutating func revert(_ guest: Int) {
        guard let run = guests[guest].run else { return }
        guard isFree(run) else { return }
        guard let snapshot = guests[guest].snapshot else {
            guests[guest].snapshot = run
            return
        }
        stop(guest)
        start(guest, .snapshot, from: snapshot)
    }

    private mutating func unplug(_ guest: Int) {
        guard daemonIsUp, !daemonIsStopped, let run = guests[guest].run, isFree(run),
            run.defined.contains(where: \.isOwned)
        else { return }
        guests[guest].run?.removedByHand = true
        guests[guest].run?.removing = true
        within(10...3000, .removalEnds(guest, run: run.number))
    }
}
