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

    /// Takes our device out of a guest that runs.
    public func removeLive(from guest: some ProtectableGuest) throws(ProtectionError) -> Result {
        guard try liveFacts(of: guest).watchdogs.contains(where: \.isOwned) else { return .absent }
        if isDry { return .wouldRemove }
        try asking { () throws(LibvirtError) in
            try guest.detach(alias: WatchdogDevice.alias, from: .live)
        }
        var backoff = Backoff(timing)
        while try liveFacts(of: guest).watchdogs.contains(where: \.isOwned) {
            guard backoff.wait() else { return .notAnswered }
        }
        return .removed
    }

    /// Takes our device, and the port that we added for it, out of a persistent definition.
    public func removePersistent(
        from guest: some ProtectableGuest
    ) throws(ProtectionError) -> Result {
        let facts = try persistentFacts(of: guest)
        let hasDevice = facts.watchdogs.contains(where: \.isOwned)
        let hasPort = facts.hasOwnedPortToSpare
        guard hasDevice || hasPort else { return .absent }
        if isDry { return .wouldRemove }
        try asking { () throws(LibvirtError) in
            if hasDevice { try guest.detach(alias: WatchdogDevice.alias, from: .persistent) }
            if hasPort {
                try guest.detach(alias: PersistentAddition.RootPort.alias, from: .persistent)
            }
        }
        return .removed
    }
}
