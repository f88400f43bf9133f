internal import DomainXML
public import WatchdogPolicy

/// Brings guests that run to the policy.
///
/// It trusts nothing that the hook saw: it reads the live definition, plans, acts, and reads back.
/// Asked again, it finds nothing to do, whoever else was at work meanwhile.
public struct Protector: Sendable {
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
    /// - Parameter findGuest: Connects and looks the guest up; called again when the connection is
    ///   lost.
    public func protect(
        _ findGuest: () throws(LibvirtError) -> some ProtectableGuest
    ) throws(ProtectionError) -> Protection {
        var backoff = Backoff(timing)
        while true {
            do throws(ProtectionError) {
                return try protect(asking(findGuest))
            } catch {
                guard case .libvirt(let reason) = error, reason.isWorthRetrying else { throw error }
                // A guest comes in from another host as slowly as its memory is large, and libvirt
                // refuses to change it meanwhile; that is no failure.
                if reason.code == .operationTimeout, isMigratingIn(findGuest) {
                    backoff.waitWithoutCounting()
                } else if !backoff.wait() {
                    throw .outOfTime(reason)
                }
            }
        }
    }

    private func isMigratingIn(
        _ findGuest: () throws(LibvirtError) -> some ProtectableGuest
    ) -> Bool {
        (try? findGuest().isMigratingIn()) ?? false
    }

    /// Brings a guest to the policy, once.
    private func protect(_ guest: some ProtectableGuest) throws(ProtectionError) -> Protection {
        var unusable: Set<GuestFacts.PCIAddress> = []
        let found = try liveFacts(of: guest)
        var next = plan(policy, found)
        while case .attach(let device, let point) = next.decision {
            do throws(LibvirtError) {
                try guest.attach(device: device.xml(at: point), to: .live)
            } catch {
                // Somebody else may have been faster: with a watchdog, or at the place for it.
                var facts = try liveFacts(of: guest)
                if case .rootPort(let address) = point { unusable.insert(address) }
                facts.usedAddresses.formUnion(unusable)
                let replanned = plan(policy, facts)
                guard replanned != next, error.mayConcernPlace || replanned.isLeave else {
                    throw .libvirt(error)
                }
                guard replanned.isLeave || replanned.changesLiveGuest else { throw .libvirt(error) }
                next = replanned
                continue
            }
            let readBack = plan(policy, try liveFacts(of: guest))
            guard case .leave(.asWanted) = readBack.decision else { throw .notThere(readBack) }
            return Protection(facts: found, plan: next, result: .attached)
        }
        return Protection(facts: found, plan: next, result: next.resultWithoutAttaching)
    }
}

extension Plan {
    fileprivate var isLeave: Bool {
        if case .leave = decision { true } else { false }
    }

    /// What has come of the plan where nothing was attached.
    fileprivate var resultWithoutAttaching: Protection.Result {
        switch decision {
        case .leave: .unchanged
        case .changeAction: .notChanged
        case .attach, .coldPlug, .refuse: .unprotected
        }
    }
}

extension LibvirtError {
    /// Whether the same call may succeed later: libvirt is busy with the guest, or restarts.
    fileprivate var isWorthRetrying: Bool {
        code == .operationTimeout || isConnectionLost
            // libvirt has no code of its own for a queue that is full.
            || code == .operationFailed && message.contains("max_queued")
    }

    /// Whether the place that the device was to go to may be the trouble.
    fileprivate var mayConcernPlace: Bool {
        [.xmlError, .internalError, .operationFailed, .unsupported].contains(code)
    }
}
