// SPDX-License-Identifier: Apache-2.0

internal import DomainXML
internal import Host
internal import Libvirt
internal import System
internal import WatchdogPolicy

extension Core {
    /// The waits between attempts: the first and the longest. Each is twice the last one.
    private static let firstWait = Duration.milliseconds(20)
    private static let longestWait = Duration.seconds(5)
    /// The time without success after which the log reports it.
    private static let troubleLimit = Duration.seconds(35)
    /// The delay before a guest that does not answer is read again.
    private static let notAnsweringInterval = Duration.seconds(5)
    /// The time and interval of the requests to QEMU to unplug an orphan.
    private static let unplugLimit = Duration.seconds(600)
    private static let unplugInterval = Duration.seconds(1)
    /// The time that libvirt needs to learn that an orphan is gone.
    ///
    /// Before that, it would mistake a new device of the same name for the orphan.
    private static let unplugPause = Duration.seconds(2)
    /// libvirt's limit for a call that waits for its turn, and a little more.
    private static let jobLimit = Duration.seconds(31)
    static let stoppedReason = "a signal has stopped its QEMU process"
    /// The delay before another plan while the policy changes.
    private static let policyInterval = Duration.milliseconds(50)

    mutating func answered(_ id: CallID, _ result: Result<Answer, CallFailure>) {
        guard let uuid = calls.end(id), var guest = guests[uuid], guest.call == id else { return }
        let kind = guest.next
        guest.call = nil
        let looksAgain = guest.looksAgain
        guest.looksAgain = false
        guest.next = settings.firstCall
        guests[uuid] = guest
        switch result {
        case .success(.look(let look)): take(look, of: uuid)
        case .success(.orphanIsGone(let isGone)): unplugged(uuid, isGone: isGone)
        case .success(.persisted(let persistence)): persisted(uuid, .success(persistence))
        case .success(.removedPersistent(let removal)): removedPersistent(uuid, removal)
        case .success(.inspected(let inspection)): inspected(uuid, inspection)
        case .success(.done): carriedOut(kind, uuid)
        case .failure(let failure): take(failure, of: kind, uuid)
        }
        if looksAgain { lookAgain(at: uuid) }
    }

    /// Continues after a change, with its record or with a look.
    private mutating func carriedOut(_ kind: Call.Kind, _ uuid: String) {
        guard var guest = guests[uuid], let facts = guest.facts else { return }
        switch kind {
        case .attach:
            guest.attachSucceeded = true
            guest.isTrusted = true
            guest.notAnsweringReason = nil
        case .record(.some(let record)) where record.isPending:
            if let action = WatchdogAction(rawValue: record.action) {
                guest.next = .setAction(action)
            }
        case .setAction(let action):
            guest.isTrusted = true
            guest.notAnsweringReason = nil
            // Otherwise the domain XML's action is effective again.
            let differs = facts.watchdogs.contains { $0.action != action.rawValue }
            guest.next = .record(differs ? actionOverride(to: action, of: guest, facts) : nil)
        case .optOut:
            if detachAfterOptOut(uuid) { return }
        case .detach:
            guest.isTrusted = true
            guest.notAnsweringReason = nil
            guest.removal.detachTime = now
        case .look, .record, .unplugOrphan, .persist, .removePersistent, .inspect: break
        }
        guests[uuid] = guest
        makeReady(uuid)
    }

    /// Returns the record of an action that differs from the domain XML.
    private func actionOverride(
        to action: WatchdogAction, of guest: GuestTreatment, _ facts: GuestFacts,
        isPending: Bool = false
    ) -> ActionOverride {
        ActionOverride(
            action: action.rawValue, definedAction: facts.watchdogs.first?.action ?? "",
            id: facts.id ?? "", run: guest.run, isPending: isPending)
    }

    mutating func showedLife(_ uuid: String) {
        guests[uuid]?.isTrusted = true
        guests[uuid]?.notAnsweringReason = nil
    }

    // MARK: Looks

    private mutating func take(_ look: Look, of uuid: String) {
        guard var guest = guests[uuid] else { return }
        if look.isArriving {
            guests[uuid]?.name = look.facts.name
            return awaitArrival(uuid)
        }
        var facts = look.facts
        guest.name = facts.name
        guard facts.isLive else {
            guests[uuid] = guest
            return notRunning(uuid, facts)
        }
        let id = facts.id.flatMap { Int32($0) } ?? guest.id
        if guest.run.map({ look.run != nil && look.run != $0 }) == true
            || guest.id != 0 && id != guest.id
        {
            // The guest was restarted without an event.
            var next = GuestTreatment(
                uuid: uuid, eligibility: settings.isService ? .unknown : .granted)
            next.name = guest.name
            next.turn = guest.turn
            next.removal.hasConfig = guest.removal.hasConfig
            next.removal.config = guest.removal.config
            guest = next
        }
        guest.run = look.run ?? guest.run
        guest.id = id
        if look.situation.isOfArrival { guest.hasArrived = true }
        facts.trustRecords(of: guest.run, hasArrived: guest.hasArrived)
        if guest.policyMayDiffer, let known = guest.facts, known.guestPolicy != facts.guestPolicy {
            // The operator has changed this guest's policy in the live metadata.
            guest.eligibility = .granted
        }
        guest.policyMayDiffer = false
        guest.facts = facts
        if guest.eligibility == .unknown { guest.eligibility = eligibility(of: guest) }
        guests[uuid] = guest
        rememberFire(uuid)
        guests[uuid]?.isArriving = false
        guests[uuid]?.arrivalStart = nil
        if case .remove = settings.goal {
            return continueRemoval(uuid, isStopped: look.isStopped)
        }
        if unplugAgain(uuid, isStopped: look.isStopped) || decideOnOptOut(uuid) { return }
        decide(uuid, isStopped: look.isStopped)
    }

    /// Returns the eligibility of a run without an event.
    private func eligibility(of guest: GuestTreatment) -> GuestTreatment.Eligibility {
        guard let run = guest.run, run.boot == memory.boot else { return .old }
        if memory.treated[guest.uuid] == run { return .settled }
        return run.startTicks >= memory.firstTicks ? .fresh : .old
    }

    private mutating func notRunning(_ uuid: String, _ facts: GuestFacts) {
        guard !settings.isService else { return end(uuid) }
        guests[uuid]?.facts = facts
        if case .remove = settings.goal { return continueRemoval(uuid, isStopped: false) }
        if settings.persists || policy.persist, settings.isCommand {
            ask(.persist(policy, dryRun: false), uuid)
        } else {
            end(uuid)
        }
    }

    private mutating func awaitArrival(_ uuid: String) {
        guard var guest = guests[uuid] else { return }
        guest.isArriving = true
        let start = guest.arrivalStart ?? now
        guest.arrivalStart = start
        guests[uuid] = guest
        if let limit = settings.arrivalLimit, now - start >= limit {
            return fail(uuid, .stillArriving)
        }
        let interval: Duration =
            if settings.isService {
                Self.arrivalInterval
            } else {
                settings.isCommand ? .milliseconds(200) : .seconds(1)
            }
        wait(interval, uuid)
    }

    // MARK: Opt-outs

    /// Writes, renews or removes the record of an opt-out.
    ///
    /// A record that arrived with the run becomes this run's. A device unplugged by hand gets one.
    /// `apply` removes it.
    ///
    /// - Returns: Whether a call follows.
    private mutating func decideOnOptOut(_ uuid: String) -> Bool {
        guard let guest = guests[uuid], let facts = guest.facts else { return true }
        if settings.named.contains(uuid), facts.optOut != nil {
            guests[uuid]?.hasPendingRemoval =
                facts.isOptedOutOfRun && facts.watchdogs.contains(where: \.isOwned)
            ask(.optOut(nil), uuid)
            return true
        }
        if facts.watchdogs.contains(where: \.isOwned) {
            guests[uuid]?.hasHadDevice = true
            guests[uuid]?.sawRemoval = false
            return false
        }
        let wasUnplugged = guest.hasHadDevice || guest.sawRemoval
        if facts.isOptedOutOfRun {
            guests[uuid]?.hasHadDevice = false
            guests[uuid]?.sawRemoval = false
            guests[uuid]?.hasLoggedOptOut = false
            guard guest.run != nil, facts.optOut?.run != guest.run else { return false }
        } else {
            // QEMU unplugs an orphan at our request.
            guard wasUnplugged, settings.isService, guest.unplugStart == nil else { return false }
            // The record may take several attempts.
            if !guest.hasLoggedOptOut {
                guests[uuid]?.hasLoggedOptOut = true
                log(
                    LogLine(
                        operation: "protect", guest: guest.name, uuid: uuid, result: "opted-out",
                        reason:
                            "the watchdog was unplugged from the running guest, which stays without it"
                            + " for this run; undo: virt-watchdog apply with the guest's name"),
                    .warning)
            }
        }
        ask(.optOut(OptOut(run: guest.run)), uuid)
        return true
    }

    // MARK: Plans

    /// Plans for a guest that was just read, and takes the next step.
    private mutating func decide(_ uuid: String, isStopped: Bool) {
        guard let guest = guests[uuid], var facts = guest.facts else { return }
        if policyIsChanging, guest.isTreated { return wait(Self.policyInterval, uuid) }
        facts.usedAddresses += guest.unusable
        let plan = Plan(for: facts, under: policy)
        guests[uuid]?.attachError = nil
        if settleDoubt(uuid, plan, isStopped: isStopped) { return }
        if let error = guest.attachError, plan.needsColdStart { return fail(uuid, .libvirt(error)) }
        guard plan.changesLiveGuest else { return conclude(uuid, plan) }
        guard guest.isTreated else {
            guests[uuid]?.endTrouble()
            return hold(uuid)
        }
        waiting[uuid] = nil
        if isStopped { return markNotAnswering(uuid, Self.stoppedReason) }
        switch plan.decision {
        case .attach(let device, let point):
            if guest.unplugStart != nil { return ask(.unplugOrphan, uuid) }
            if guest.attachSucceeded { return fail(uuid, .notThere(plan)) }
            if let error = guest.attachError {
                if error.isOfOrphan { return unplugOrphan(uuid, error) }
                guard error.mayConcernPlace, plan != guest.attached else {
                    return fail(uuid, .libvirt(error))
                }
            }
            var device = device
            if let shared = (plan.companion?.action).flatMap(WatchdogAction.init(rawValue:)) {
                device.action = shared
            }
            guests[uuid]?.attached = plan
            ask(.attach(device.xml(at: point)), uuid)
        case .changeAction(_, let action):
            if guest.aligned != nil { return fail(uuid, .notThere(plan)) }
            guests[uuid]?.aligned = plan
            align(uuid, to: action)
        case .leave, .coldPlug, .refuse: break
        }
    }

    /// Changes QEMU's action.
    ///
    /// The record comes first. QEMU may execute the command long after this process has gone.
    mutating func align(_ uuid: String, to action: WatchdogAction) {
        guard let guest = guests[uuid], let facts = guest.facts else { return }
        ask(.record(actionOverride(to: action, of: guest, facts, isPending: true)), uuid)
    }

    /// Resolves an action that QEMU has not confirmed.
    ///
    /// - Returns: Whether such an action is pending.
    private mutating func settleDoubt(_ uuid: String, _ plan: Plan, isStopped: Bool) -> Bool {
        guard let guest = guests[uuid], let facts = guest.facts, let record = facts.actionOverride,
            record.isPending, record.run == guest.run,
            let defined = facts.watchdogs.first.flatMap({ WatchdogAction(rawValue: $0.action) })
        else { return false }
        if !guest.isTreated { guests[uuid]?.eligibility = .granted }
        // The command may still wait for its turn.
        let start = guest.doubtStart ?? now
        guests[uuid]?.doubtStart = start
        let rest = start + Self.jobLimit - now
        if rest > .zero {
            wait(rest, uuid)
        } else if isStopped {
            markNotAnswering(uuid, Self.stoppedReason)
        } else if case .changeAction(_, let action) = plan.decision {
            guests[uuid]?.doubtStart = nil
            guests[uuid]?.aligned = plan
            align(uuid, to: action)
        } else {
            guests[uuid]?.doubtStart = nil
            align(uuid, to: defined)
        }
        return true
    }

    /// Ends the treatment of a running guest that needs no more calls.
    private mutating func conclude(_ uuid: String, _ plan: Plan) {
        guard let guest = guests[uuid], let facts = guest.facts else { return }
        waiting[uuid] = nil
        guard guest.isTreated else {
            guests[uuid]?.endTrouble()
            return
        }
        if facts.actionOverride != nil, facts.effectiveAction == nil {
            // A stale record would be trusted after the next reconnect.
            return ask(.record(nil), uuid)
        }
        if guest.hasPendingRemoval, facts.watchdogs.contains(where: \.isOwned) {
            return fail(uuid, .removalPending)
        }
        let result: LiveResult.Result =
            if guest.attachSucceeded {
                .attached
            } else if guest.aligned != nil {
                .aligned
            } else {
                plan.leavesUnprotected ? .unprotected : .unchanged
            }
        let carriedOut = (guest.attachSucceeded ? guest.attached : guest.aligned) ?? plan
        let protection = LiveResult(facts: facts, plan: carriedOut, result: result)
        if !guest.isPersisting, result == .attached || result == .aligned { treatedCount += 1 }
        guests[uuid]?.protection = .success(protection)
        let line = LogLine(
            operation: "protect", guest: guest.name, uuid: uuid, plan: carriedOut,
            result: result.rawValue)
        if line != guest.lastLine {
            guests[uuid]?.lastLine = line
            let severity: SystemLog.Severity = protection.isConverged ? .notice : .warning
            log(line, max(severity, SystemLog.Severity(of: carriedOut)))
        }
        if case .leave(.faultyPolicy) = plan.decision {
            // The next policy starts the treatment again.
            guests[uuid]?.endTreatment()
            return finishIfNamed(uuid)
        }
        guard settings.persists || policy.persist else { return settle(uuid) }
        if !guest.isPersisting {
            guests[uuid]?.isPersisting = true
            guests[uuid]?.endTrouble()
        }
        ask(.persist(policy, dryRun: false), uuid)
    }

    /// Records that the run was treated.
    private mutating func settle(_ uuid: String) {
        guard let guest = guests[uuid] else { return }
        if guest.isOfQueue, case .success(let protection) = guest.protection,
            protection.isConverged
        {
            queueIsProven = true
        }
        if guest.isTreated {
            guests[uuid]?.eligibility = .settled
            if settings.isService, let run = guest.run, memory.treated[uuid] != run {
                memory.treated[uuid] = run
                effects.append(.remember(uuid: uuid, run))
            }
        }
        guests[uuid]?.isOfQueue = false
        guests[uuid]?.endTreatment()
        finishIfNamed(uuid)
    }

    private mutating func persisted(
        _ uuid: String, _ result: Result<ConfigResult, TreatmentError>
    ) {
        guard let guest = guests[uuid] else { return }
        guests[uuid]?.persistence = result
        if settings.goal != .protect { return finishIfNamed(uuid) }
        let line: LogLine
        var severity = SystemLog.Severity.notice
        switch result {
        case .success(let persistence):
            line = LogLine(
                operation: "persist", guest: guest.name, uuid: uuid,
                result: persistence.result.rawValue, reason: persistence.reason)
            if !persistence.isConverged { severity = .warning }
        case .failure(let error):
            line = LogLine(
                operation: "persist", guest: guest.name, uuid: uuid, failure: "\(error)")
            severity = .error
        }
        if line != guest.lastPersistenceLine {
            guests[uuid]?.lastPersistenceLine = line
            log(line, severity)
        }
        settle(uuid)
    }

    // MARK: Named guests

    mutating func finishIfNamed(_ uuid: String) {
        guard !settings.isService, let guest = guests.removeValue(forKey: uuid) else { return }
        let outcome = Outcome(
            protection: guest.protection, persistence: guest.persistence, facts: guest.facts,
            liveRemoval: guest.removal.live, persistentRemoval: guest.removal.config,
            inspection: guest.inspection)
        effects.append(.finished(uuid: uuid, outcome))
    }

    /// Ends the work on a named guest with an error.
    mutating func finish(_ uuid: String, _ error: TreatmentError) {
        guests[uuid]?.protection = .failure(error)
        finishIfNamed(uuid)
    }

    // MARK: Trouble

    mutating func take(_ failure: CallFailure, of kind: Call.Kind, _ uuid: String) {
        if case .record = kind { guests[uuid]?.aligned = nil }
        if case .setAction = kind { guests[uuid]?.aligned = nil }
        switch failure {
        case .definition(let message): fail(uuid, .definition(message), of: kind)
        // As far as is known, the guest needs nothing. The next sweep is early enough.
        case .occupied where guests[uuid]?.isLeftAlone == true: break
        case .libvirt(let error) where error.mayPass && guests[uuid]?.isLeftAlone == true: break
        case .occupied(let time) where time >= settings.callLimit:
            markNotAnswering(
                uuid, "a call has occupied its monitor for \(time.components.seconds) s")
        case .occupied:
            retry(
                uuid,
                LibvirtError(
                    code: .operationTimeout, message: "another call occupies the monitor"),
                of: kind)
        case .libvirt(let error) where error.code == .noDomain: end(uuid)
        case .libvirt(let error) where error.mayPass && !error.isOfOrphan:
            retry(uuid, error, of: kind)
        case .libvirt(let error):
            switch kind {
            case .attach:
                guests[uuid]?.attachError = error
                let address = guests[uuid]?.attached?.address
                if let address, error.mayConcernPlace, !error.isOfOrphan {
                    guests[uuid]?.unusable.insert(address)
                }
                ask(.look, uuid)
            case .detach: detachFailed(uuid, error)
            // The guest has probably just ended, as the next look will show.
            case _ where error.code == .operationInvalid: retry(uuid, error, of: kind)
            default: fail(uuid, .libvirt(error), of: kind)
            }
        }
    }

    /// Reads the guest again after a delay, within its time limit.
    private mutating func retry(
        _ uuid: String, _ error: LibvirtError, of kind: Call.Kind = .look
    ) {
        guard var guest = guests[uuid] else { return }
        let start = guest.firstFailure ?? now
        if let limit = settings.retryLimit, now - start >= limit {
            return fail(uuid, .outOfTime(error), of: kind)
        }
        let next = min(guest.lastWait.map { $0 * 2 } ?? Self.firstWait, Self.longestWait)
        guest.firstFailure = start
        guest.lastWait = next
        let logsTrouble =
            settings.isService && !guest.hasLoggedTrouble && now - start >= Self.troubleLimit
        guest.hasLoggedTrouble = guest.hasLoggedTrouble || logsTrouble
        if guest.hasLoggedTrouble { guest.trouble = Self.trouble(error) }
        guests[uuid] = guest
        if logsTrouble {
            log(
                LogLine(
                    operation: "protect", guest: guest.name, uuid: uuid, result: "retrying",
                    reason: Self.trouble(error)), .warning)
        }
        wait(next, uuid)
    }

    private static func trouble(_ error: LibvirtError) -> String {
        error.isOfOrphan
            ? "\(TreatmentError.outOfTime(error)); the service also asks the guest for the device"
            : "timed out after \(troubleLimit.components.seconds) s; last libvirt error: \(error); the"
                + " service keeps trying"
    }

    /// Marks a guest as not answering, and retries later.
    mutating func markNotAnswering(_ uuid: String, _ reason: String) {
        guard var guest = guests[uuid] else { return }
        let isNew = guest.notAnsweringReason == nil
        guest.notAnsweringReason = reason
        guest.isTrusted = false
        let start = guest.firstFailure ?? now
        guest.firstFailure = start
        guests[uuid] = guest
        let isOver = settings.retryLimit.map { now - start >= $0 } ?? false
        if settings.isCommand || isOver { return fail(uuid, .silent(reason), of: guest.next) }
        if isNew {
            log(
                LogLine(
                    operation: "protect", guest: guest.name, uuid: uuid, result: "not-answering",
                    reason: "the guest does not answer: \(reason); look at its QEMU process"),
                .warning)
        }
        wait(Self.notAnsweringInterval, uuid)
    }

    /// Logs how many guests do not answer, once they delay others.
    mutating func logStuckCalls() {
        let count = calls.writtenOffCount
        if count == 0 { loggedStuckCount = 0 }
        guard calls.isBlocked, count > loggedStuckCount, settings.isService else { return }
        loggedStuckCount = count
        log(
            LogLine(
                operation: "protect", guest: "", uuid: nil, result: "not-answering",
                reason: count < CallTable.limit
                    ? "\(count) guests do not answer: until one does, only guests whose QEMU has recently"
                        + " answered are treated; virt-watchdog status names them"
                    : "\(count) calls to libvirt never return: no guest is treated until one does; end or"
                        + " resume the QEMU processes of the guests that do not answer"), .error)
    }

    mutating func fail(
        _ uuid: String, _ error: TreatmentError, of kind: Call.Kind = .look
    ) {
        if case .persist = kind { return persisted(uuid, .failure(error)) }
        guard let guest = guests[uuid] else { return }
        guests[uuid]?.protection = .failure(error)
        let line = LogLine(
            operation: "protect", guest: guest.name, uuid: uuid, failure: "\(error)")
        if line != guest.lastLine {
            guests[uuid]?.lastLine = line
            log(line, .error)
        }
        // The next sweep tries again, without another log line.
        guests[uuid]?.isOfQueue = false
        guests[uuid]?.endTreatment()
        guests[uuid]?.hasLoggedTrouble = guest.hasLoggedTrouble
        finishIfNamed(uuid)
    }

    // MARK: Orphans

    /// Has QEMU unplug a watchdog of ours that libvirt does not know.
    ///
    /// The guest first gets time to leave its firmware, which ignores the request.
    private mutating func unplugOrphan(_ uuid: String, _ error: LibvirtError) {
        guard let guest = guests[uuid] else { return }
        guard let start = guest.firstFailure, now - start >= settings.firmwareLimit else {
            if guest.firstFailure == nil, settings.firmwareLimit == .zero {
                guests[uuid]?.firstFailure = now
                return unplugOrphan(uuid, error)
            }
            return retry(uuid, error)
        }
        guests[uuid]?.unplugStart = now
        guests[uuid]?.orphanError = error
        ask(.unplugOrphan, uuid)
    }

    private mutating func unplugged(_ uuid: String, isGone: Bool) {
        guard let guest = guests[uuid], let start = guest.unplugStart else { return }
        showedLife(uuid)
        if isGone {
            guests[uuid]?.unplugStart = nil
            if !guest.hasBegunAnew {
                guests[uuid]?.hasBegunAnew = true
                guests[uuid]?.endTrouble()
            }
            return wait(Self.unplugPause, uuid)
        }
        if now - start >= settings.retryLimit ?? Self.unplugLimit {
            let error = guest.orphanError ?? LibvirtError(code: .internalError, message: "")
            return fail(uuid, .outOfTime(error))
        }
        // The request would also unplug a watchdog that another program attaches meanwhile.
        wait(Self.unplugInterval, uuid)
    }

    // MARK: Calls

    /// Queues a call.
    mutating func ask(_ kind: Call.Kind, _ uuid: String) {
        guests[uuid]?.next = kind
        makeReady(uuid)
    }
}
