internal import WatchdogPolicy

/// Takes back what we gave to a guest, and nothing else: the alias tells what is ours.
public struct Remover: Sendable {
    /// What came of taking something back.
    public enum Result: String, Sendable, Hashable {
        /// It is gone.
        case removed
        /// It was there and would be taken back.
        case wouldRemove = "would-remove"
        /// There was nothing of ours.
        case absent
        /// The guest was asked to let go of the device, and has not.
        case notAnswered = "not-answered"
    }

    private let timing: Timing
    /// Whether it only looks.
    private let isDry: Bool

    /// Makes a remover that waits ten seconds for a guest to let go of its device.
    ///
    /// - Parameter isDry: Whether it only says what it would do.
    public init(isDry: Bool) {
        self.init(
            isDry: isDry, timing: Timing(limit: .seconds(10), longestWait: .milliseconds(200)))
    }

    init(isDry: Bool, timing: Timing) {
        self.isDry = isDry
        self.timing = timing
    }

    /// Takes our device out of a guest that runs, and gives the watchdogs that it keeps the action of
    /// their definition.
    public func removeLive(from guest: some ProtectableGuest) throws(ProtectionError) -> Result {
        let facts = try guest.facts()
        let hasDevice = facts.watchdogs.contains(where: \.isOwned)
        guard hasDevice || facts.alignment != nil else { return .absent }
        if isDry { return .wouldRemove }
        try takeBackAlignment(of: guest, facts)
        guard hasDevice else { return .removed }
        try asking { () throws(LibvirtError) in
            try guest.detach(alias: WatchdogDevice.alias, from: .live)
        }
        var backoff = Backoff(timing)
        while try guest.facts().watchdogs.contains(where: \.isOwned) {
            guard backoff.wait() else { return .notAnswered }
        }
        return .removed
    }

    private func takeBackAlignment(
        of guest: some ProtectableGuest, _ facts: GuestFacts
    ) throws(ProtectionError) {
        guard facts.alignment != nil else { return }
        if facts.alignedAction != nil,
            let action = facts.watchdogs.first.flatMap({ WatchdogAction(rawValue: $0.action) })
        {
            try asking { () throws(LibvirtError) in try guest.setWatchdogAction(action) }
        }
        try asking { () throws(LibvirtError) in
            try guest.setMetadata(nil, namespace: Alignment.namespace, of: .live)
        }
    }

    /// Takes our device, and the port that we added for it, out of a persistent definition, and gives
    /// the watchdogs that it keeps the action that they had.
    public func removePersistent(
        from guest: some ProtectableGuest
    ) throws(ProtectionError) -> Result {
        let facts = try guest.persistentFacts()
        let hasDevice = facts.watchdogs.contains(where: \.isOwned)
        let hasPort = facts.hasOwnedPortToSpare
        let hasRecord = facts.persistentAlignment != nil
        guard hasDevice || hasPort || hasRecord else { return .absent }
        if isDry { return .wouldRemove }
        if hasRecord { try guest.redefineGivingBack() }
        try asking { () throws(LibvirtError) in
            if hasDevice { try guest.detach(alias: WatchdogDevice.alias, from: .persistent) }
            if hasPort {
                try guest.detach(alias: PersistentAddition.RootPort.alias, from: .persistent)
            }
        }
        return .removed
    }
}
