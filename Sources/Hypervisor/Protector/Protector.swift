internal import DomainXML
public import WatchdogPolicy

/// Brings guests that run to the policy.
///
/// It trusts nothing that the hook saw: it reads the live definition, plans, acts, and reads back.
/// Asked again, it finds nothing to do, whoever else was at work meanwhile.
public struct BlockingProtector: Sendable {
    /// What the operator wants.
    public var policy: Policy
    /// How long it tries, and by which clock.
    public var timing: Timing

    /// Makes a protector.
    public init(policy: Policy, timing: Timing) {
        self.policy = policy
        self.timing = timing
    }

    /// Brings a guest to the policy, and tries again while libvirt is busy with it, starts, or is
    /// restarted.
    ///
    /// - Parameters:
    ///   - isFresh: Whether what is written down about the guest is of an earlier run.
    ///   - findGuest: Connects and looks the guest up; called again when the connection is lost.
    public func protect(
        isFresh: Bool = false, _ findGuest: () throws(LibvirtError) -> some ProtectableGuest
    ) throws(ProtectionError) -> Protection {
        try retrying(findGuest) { guest, backoff throws(ProtectionError) in
            try waitForArrival(of: guest)
            return try protect(guest, isFresh: isFresh, &backoff)
        }
    }

    /// Brings a guest's persistent definition to the policy, and tries again likewise.
    ///
    /// - Parameter findGuest: Connects and looks the guest up.
    public func persist(
        finding findGuest: () throws(LibvirtError) -> some ProtectableGuest
    ) throws(ProtectionError) -> Persistence {
        try retrying(findGuest) { guest, _ throws(ProtectionError) in try persist(guest) }
    }

    /// Does something until it works.
    ///
    /// - Parameter body: Does it.
    private func retrying<Found: ProtectableGuest, Answer>(
        _ findGuest: () throws(LibvirtError) -> Found,
        _ body: (Found, inout Backoff) throws(ProtectionError) -> Answer
    ) throws(ProtectionError) -> Answer {
        var backoff = Backoff(timing)
        while true {
            do throws(ProtectionError) {
                return try body(asking(findGuest), &backoff)
            } catch {
                guard case .libvirt(let reason) = error, reason.mayPass else { throw error }
                guard backoff.wait() else { throw .outOfTime(reason) }
            }
        }
    }

    /// Waits until a guest that comes in from another host runs here.
    ///
    /// libvirt would hold a call that changes the guest for half a minute, and with it one of the
    /// threads that the migration itself needs.
    private func waitForArrival(of guest: some ProtectableGuest) throws(ProtectionError) {
        let start = timing.now()
        while try asking({ () throws(LibvirtError) in try guest.isMigratingIn() }) {
            if let limit = timing.arrivalLimit, timing.now() - start >= limit {
                throw .stillArriving
            }
            timing.sleep(Self.arrivalInterval)
        }
    }

    /// How often a guest on its way in is looked at.
    private static let arrivalInterval = Duration.milliseconds(200)

    /// Brings a guest to the policy, once.
    private func protect(
        _ guest: some ProtectableGuest, isFresh: Bool, _ backoff: inout Backoff
    ) throws(ProtectionError) -> Protection {
        while true {
            if let protection = try protectRun(of: guest, isFresh: isFresh, &backoff) {
                return protection
            }
        }
    }

    /// Brings a guest to the policy.
    ///
    /// - Returns: What came of it, or nothing if the guest ended meanwhile, and all of it with it; it
    ///   may be started again already.
    private func protectRun(
        of guest: some ProtectableGuest, isFresh: Bool, _ backoff: inout Backoff
    ) throws(ProtectionError) -> Protection? {
        func read() throws(ProtectionError) -> GuestFacts {
            try isFresh ? guest.freshFacts() : guest.facts()
        }
        let found = try read()
        let first = plan(policy, found)
        var attached: Plan?
        var facts = found
        if case .attach = first.decision {
            attached = try attach(first, to: guest, &backoff, read)
            facts = try read()
            guard facts.id == found.id else { return nil }
        }
        let next = plan(policy, facts)
        if case .attach = next.decision { throw .notThere(next) }
        var result = attached == nil ? next.resultOfDoingNothing : .attached
        if case .changeAction(_, let action) = next.decision, next.changesLiveGuest {
            let readBack = try align(guest, facts, to: action)
            guard readBack.id == found.id else { return nil }
            let last = plan(policy, readBack)
            if case .changeAction = last.decision { throw .notThere(last) }
            if attached == nil { result = .aligned }
        } else if facts.alignment?.isPending == false, facts.alignedAction == nil {
            // It would be believed one day.
            try forgetAlignment(of: guest)
        }
        return Protection(facts: found, plan: attached ?? next, result: result)
    }

    /// Hot-plugs the device where the plan wants it, and elsewhere if somebody else is faster.
    ///
    /// - Parameter read: Reads the guest again.
    /// - Returns: The plan that was carried out in the end, or nothing if somebody else has given the
    ///   guest a watchdog meanwhile.
    private func attach(
        _ first: Plan, to guest: some ProtectableGuest, _ backoff: inout Backoff,
        _ read: () throws(ProtectionError) -> GuestFacts
    ) throws(ProtectionError) -> Plan? {
        var unusable: Set<GuestFacts.PCIAddress> = []
        var next = first
        while case .attach(var device, let point) = next.decision {
            if let shared = (next.companion?.action).flatMap(WatchdogAction.init(rawValue:)) {
                device.action = shared
            }
            do throws(LibvirtError) {
                try guest.attach(device: device.xml(at: point), to: .live)
                return next
            } catch {
                var facts = try read()
                if error.isOfOrphan, case .attach = plan(policy, facts).decision {
                    if backoff.elapsed >= timing.firmwareLimit {
                        try takeBackForgottenWatchdog(guest, error)
                        // That may have taken all the time that there was.
                        backoff.startOver()
                    }
                    throw .libvirt(error)
                }
                if let address = point.address { unusable.insert(address) }
                facts.usedAddresses += unusable
                let replanned = plan(policy, facts)
                let isElsewhere = replanned != next && error.mayConcernPlace
                switch replanned.decision {
                case .attach where isElsewhere, .leave, .changeAction: next = replanned
                case .attach, .coldPlug, .refuse: throw .libvirt(error)
                }
            }
        }
        return nil
    }

    /// Has the guest let go of our watchdog, of which QEMU knows and libvirt does not.
    ///
    /// No attempt is made before it has, and before libvirt has heard of that: it would take the new
    /// one, of the same name, for the one that is gone.
    private func takeBackForgottenWatchdog(
        _ guest: some ProtectableGuest, _ error: LibvirtError
    ) throws(ProtectionError) {
        let start = timing.now()
        while try !asking({ () throws(LibvirtError) in try guest.letGoOfForgottenWatchdog() }) {
            guard timing.now() - start < timing.limit else { throw .outOfTime(error) }
            timing.sleep(.seconds(1))
        }
        timing.sleep(.seconds(2))
    }

    /// Gives the running guest's watchdogs another action, and writes that down.
    ///
    /// - Returns: What the guest is then.
    private func align(
        _ guest: some ProtectableGuest, _ facts: GuestFacts, to action: WatchdogAction
    ) throws(ProtectionError) -> GuestFacts {
        // Read first: the guest may be in its next run by the time that QEMU has answered.
        let run = guest.run
        try asking { () throws(LibvirtError) in try guest.setWatchdogAction(action) }
        if facts.watchdogs.allSatisfy({ $0.action == action.rawValue }) {
            // What the definition says holds again.
            if facts.alignment != nil { try forgetAlignment(of: guest) }
        } else if let id = facts.id, let over = facts.watchdogs.first?.action {
            let alignment = Alignment(action: action.rawValue, over: over, id: id, run: run)
            try asking { () throws(LibvirtError) in
                try guest.setMetadata(
                    alignment.xml, namespace: Alignment.namespace, of: .live)
            }
        }
        return try guest.facts()
    }

    private func forgetAlignment(of guest: some ProtectableGuest) throws(ProtectionError) {
        try asking { () throws(LibvirtError) in
            try guest.setMetadata(nil, namespace: Alignment.namespace, of: .live)
        }
    }
}

extension Plan {
    /// What has come of the plan if nothing is done about it.
    fileprivate var resultOfDoingNothing: Protection.Result {
        switch decision {
        case .leave: .unchanged
        case .attach, .changeAction, .coldPlug, .refuse: .unprotected
        }
    }
}
