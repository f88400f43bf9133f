/// The action that we gave the watchdogs of a running guest through QEMU's monitor.
///
/// libvirt's definition still names the old action. So this stands in the guest's live metadata: for
/// whoever asks next, and for the host that the guest is migrated to or restored on. It counts for
/// one run of one guest on one host; a QEMU that is started anew does what the definition says.
public struct Alignment: Sendable, Hashable {
    /// The namespace of the element; the guest's own policy has another one.
    public static let namespace = "urn:virt-watchdog:alignment:1"
    /// The element's local name.
    public static let elementName = "alignment"
    /// The attribute of a persistent definition's element that names the action it had before.
    public static let formerActionName = "was"

    /// The action that is in force.
    public var action: String
    /// libvirt's number of the guest in that run.
    public var id: String
    /// The name of the host.
    public var host: String

    /// Makes a record.
    public init(action: String, id: String, host: String) {
        self.action = action
        self.id = id
        self.host = host
    }

    /// Reads a record from the attributes of its element; nothing where one is missing.
    public init?(attributes: [(name: String, value: String)]) {
        let values = Dictionary(attributes) { first, _ in first }
        guard let action = values["action"], let id = values["id"], let host = values["host"] else {
            return nil
        }
        self.init(action: action, id: id, host: host)
    }
}

extension GuestFacts {
    /// Takes the record of an alignment for true, if it is of this run of the guest.
    ///
    /// - Parameter host: The name of the guest's host, or nothing where it is not known.
    public mutating func trustAlignment(on host: String?) {
        guard let alignment, alignment.id == id, host == nil || alignment.host == host else {
            return
        }
        alignedAction = alignment.action
    }

    /// A watchdog with the action that is in force, whatever its definition says.
    public func inForce(_ watchdog: Watchdog) -> Watchdog {
        var watchdog = watchdog
        watchdog.action = alignedAction ?? watchdog.action
        return watchdog
    }
}
