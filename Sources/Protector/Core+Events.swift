// SPDX-License-Identifier: Apache-2.0

internal import Libvirt
internal import System
internal import WatchdogPolicy

extension Core {
    mutating func take(_ event: GuestEvent) {
        guard isInScope(event.uuid), link == .up else { return }
        switch event.kind {
        case .started(.wakeup): sawRunning(event)
        case .started(let start): began(event, start)
        case .resumed(.migrated), .resumed(.postCopy): arrived(event)
        // At a cold start, the hooks still run, so libvirt still holds the guest.
        case .resumed(.unpaused) where guests[event.uuid] == nil: listSoon()
        case .suspended(.paused), .suspended(.restored):
            if guests[event.uuid]?.isArriving == true { arrived(event) }
        case .stopped:
            changedDuringList.insert(event.uuid)
            earlyFires[event.uuid] = nil
            end(event.uuid)
            watchForIdleness()
        case .metadataChanged(let namespace): metadataChanged(event.uuid, namespace)
        case .deviceRemoved(let alias):
            guard alias == WatchdogDevice.alias else { return }
            guests[event.uuid]?.sawRemoval = true
            lookAgain(at: event.uuid)
        case .deviceAdded(let alias):
            // A one-shot or `apply` has treated a guest that waits here.
            guard alias == WatchdogDevice.alias, waiting[event.uuid] != nil else { return }
            lookAgain(at: event.uuid)
        case .watchdogFired(let action, let time):
            fired(event, Fire(time: time, action: action))
        case .resumed, .suspended, .shutdown, .crashed, .pmSuspended, .defined, .undefined: break
        }
    }

    /// Starts the treatment of a new run.
    private mutating func began(_ event: GuestEvent, _ start: GuestEvent.Start) {
        changedDuringList.insert(event.uuid)
        if var known = guests[event.uuid], known.id == event.id, !known.isUncertain,
            start != .migrated
        {
            // A list has already shown the run, because a list returns after the hooks.
            if known.eligibility == .unknown || known.eligibility == .old {
                known.eligibility = .fresh
            }
            known.hasArrived = known.hasArrived || start == .restored
            guests[event.uuid] = known
            trust(event.uuid)
            return lookAgain(at: event.uuid)
        }
        var guest = newRun(event)
        guest.hasArrived = start == .migrated || start == .restored
        guest.isArriving = start == .migrated
        replace(with: guest)
        if guest.isArriving {
            // libvirt holds calls until the guest runs here. This timer covers a lost event.
            wait(Self.arrivalInterval, event.uuid)
        } else {
            lookAgain(at: event.uuid)
        }
        watchForIdleness()
    }

    private func newRun(_ event: GuestEvent) -> GuestTreatment {
        var guest = GuestTreatment(
            uuid: event.uuid, eligibility: settings.isService ? .fresh : .granted)
        guest.name = event.name
        guest.id = event.id
        guest.isTrusted = true
        return guest
    }

    private mutating func arrived(_ event: GuestEvent) {
        changedDuringList.insert(event.uuid)
        if guests[event.uuid] == nil {
            // The start event was lost.
            var guest = newRun(event)
            guest.hasArrived = true
            replace(with: guest)
        }
        guests[event.uuid]?.isArriving = false
        guests[event.uuid]?.becomeCertain()
        trust(event.uuid)
        lookAgain(at: event.uuid)
        watchForIdleness()
    }

    /// Adds a guest whose run began earlier.
    private mutating func sawRunning(_ event: GuestEvent) {
        if guests[event.uuid] == nil {
            var guest = GuestTreatment(
                uuid: event.uuid, eligibility: settings.isService ? .unknown : .granted)
            guest.name = event.name
            guest.id = event.id
            replace(with: guest)
        }
        guests[event.uuid]?.becomeCertain()
        lookAgain(at: event.uuid)
        watchForIdleness()
    }

    /// Records a watchdog fire in the run of the event.
    private mutating func fired(_ event: GuestEvent, _ fire: Fire) {
        log(
            LogLine(
                operation: "fire", guest: event.name, uuid: event.uuid, result: fire.action,
                reason: "the guest's watchdog fired at \(fire.time), and QEMU took action"
                    + " '\(fire.action)'"), .warning)
        guard guests[event.uuid]?.id == event.id else {
            // Hooks may hold the guest. A list waits for them without harm.
            earlyFires[event.uuid] = (event.id, fire)
            return listSoon()
        }
        guests[event.uuid]?.fire = fire
        rememberFire(event.uuid)
    }

    /// Records a guest's early fire once its run is known.
    mutating func rememberFire(_ uuid: String) {
        guard let guest = guests[uuid], let run = guest.run else { return }
        let early = earlyFires.removeValue(forKey: uuid)
        guard let fire = guest.fire ?? early.flatMap({ $0.id == guest.id ? $0.fire : nil }) else {
            if let known = memory.fires[uuid], known.run == run { guests[uuid]?.fire = known.fire }
            return
        }
        guests[uuid]?.fire = fire
        let known = RunFire(run: run, fire: fire)
        guard settings.isService, memory.fires[uuid] != known else { return }
        memory.fires[uuid] = known
        effects.append(.rememberFire(uuid: uuid, known))
    }

    private mutating func metadataChanged(_ uuid: String, _ namespace: String) {
        switch namespace {
        case GuestPolicy.namespace:
            guests[uuid]?.policyMayDiffer = true
            lookAgain(at: uuid)
        case OptOut.namespace: lookAgain(at: uuid)
        default: break
        }
    }

    /// The interval between reads of an incoming guest, in case its event is lost.
    static let arrivalInterval = Duration.seconds(10)
}
