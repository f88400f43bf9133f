internal import Hypervisor
internal import WatchdogPolicy

extension Core {
    mutating func take(_ event: GuestEvent) {
        guard isInScope(event.uuid), link == .up else { return }
        switch event.kind {
        case .started(.wakeup): sawRunning(event)
        case .started(let start): began(event, start)
        case .resumed(.migrated), .resumed(.postCopy): arrived(event)
        // The begin of a cold start, whose hooks still run: libvirt holds the guest.
        case .resumed(.unpaused) where guests[event.uuid] == nil: listSoon()
        case .suspended(.paused), .suspended(.restored):
            if guests[event.uuid]?.isArriving == true { arrived(event) }
        case .stopped:
            changedDuringList.insert(event.uuid)
            end(event.uuid)
            watchForIdleness()
        case .metadataChanged(let namespace): metadataChanged(event.uuid, namespace)
        case .deviceRemoved:
            guests[event.uuid]?.sawRemoval = true
            lookAgain(at: event.uuid)
        case .resumed, .suspended, .shutdown, .crashed, .pmSuspended, .defined, .undefined,
            .watchdogFired:
            break
        }
    }

    /// Takes up a new run.
    private mutating func began(_ event: GuestEvent, _ start: GuestEvent.Start) {
        changedDuringList.insert(event.uuid)
        if var known = guests[event.uuid], known.id == event.id, !known.isUncertain,
            start != .migrated
        {
            // A list has told of the run already, since it returns when the hooks have ended.
            if known.standing == .unknown || known.standing == .old { known.standing = .fresh }
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
            // libvirt holds calls until the guest runs here. Its event says when; this is for a lost one.
            wait(Self.arrivalInterval, event.uuid)
        } else {
            lookAgain(at: event.uuid)
        }
        watchForIdleness()
    }

    private func newRun(_ event: GuestEvent) -> GuestTreatment {
        var guest = GuestTreatment(
            uuid: event.uuid, standing: settings.isService ? .fresh : .granted)
        guest.name = event.name
        guest.id = event.id
        guest.isTrusted = true
        return guest
    }

    private mutating func arrived(_ event: GuestEvent) {
        changedDuringList.insert(event.uuid)
        if guests[event.uuid] == nil {
            // The event of its start was lost.
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
                uuid: event.uuid, standing: settings.isService ? .unknown : .granted)
            guest.name = event.name
            guest.id = event.id
            replace(with: guest)
        }
        guests[event.uuid]?.becomeCertain()
        lookAgain(at: event.uuid)
        watchForIdleness()
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

    /// How often a guest on its way in is read, where events do not tell.
    static let arrivalInterval = Duration.seconds(10)
}
