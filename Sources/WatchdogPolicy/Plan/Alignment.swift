/// The action that we gave the watchdogs of a running guest through QEMU's monitor.
///
/// libvirt's definition still names the old action. So this stands in the guest's live metadata: for
/// whoever asks next, and for the host that the guest is migrated to or restored on. It counts for
/// one run of one guest; a QEMU that is started anew does what the definition says.
public struct Alignment: Sendable, Hashable {
    /// The namespace of the element; the guest's own policy has another one.
    public static let namespace = "urn:virt-watchdog:alignment:1"
    /// The element's local name.
    public static let elementName = "alignment"

    /// The action that is in force.
    public var action: String
    /// The action that the definition has.
    public var over: String
    /// libvirt's number of the guest in that run.
    public var id: String
    /// The boot ID of the host, or the empty text where it was done from another host.
    public var boot: String

    /// Makes a record.
    public init(action: String, over: String, id: String, boot: String) {
        self.action = action
        self.over = over
        self.id = id
        self.boot = boot
    }

    /// Reads a record from the attributes of its element; nothing where one is missing.
    public init?(attributes: [String: String]) {
        guard let action = attributes["action"], let over = attributes["over"],
            let id = attributes["id"], let boot = attributes["boot"]
        else { return nil }
        self.init(action: action, over: over, id: id, boot: boot)
    }
}

/// The action that we gave the watchdogs of a persistent definition, in its metadata.
///
/// Whoever takes back what we did gives them the former one again, if ours still stands.
public struct PersistentAlignment: Sendable, Hashable {
    /// The action that we gave them.
    public var action: String
    /// The action that they had before.
    public var former: String

    /// Makes a record.
    public init(action: String, former: String) {
        self.action = action
        self.former = former
    }

    /// Reads a record from the attributes of its element; nothing where one is missing.
    public init?(attributes: [String: String]) {
        guard let action = attributes["action"], let former = attributes["was"] else { return nil }
        self.init(action: action, former: former)
    }
}

extension GuestFacts {
    /// Takes the record of an alignment for true, if it is of this run of the guest and the definition
    /// is the one that it was made over.
    ///
    /// - Parameter boot: The boot ID of the guest's host, or nothing where it is not known.
    public mutating func trustAlignment(inBoot boot: String?) {
        guard let alignment, alignment.id == id, boot == nil || alignment.boot == boot,
            watchdogs.contains(where: { $0.action == alignment.over })
        else { return }
        alignedAction = alignment.action
    }

    /// A watchdog with the action that is in force, whatever its definition says.
    public func inForce(_ watchdog: Watchdog) -> Watchdog {
        var watchdog = watchdog
        watchdog.action = alignedAction ?? watchdog.action
        return watchdog
    }
}
