/// The action that we gave the watchdogs of a running guest through QEMU's monitor.
///
/// libvirt's definition still names the old action. So this stands in the guest's live metadata: for
/// whoever asks next, and for the host that the guest is migrated to or restored on. It counts for
/// one run of one guest; a QEMU that is started anew does what the definition says.
package struct ActionOverride: Sendable, Hashable {
    /// The namespace of the element; the guest's own policy has another one.
    package static let namespace = "urn:virt-watchdog:alignment:1"
    /// The element's local name.
    package static let elementName = "alignment"

    /// The action that is in force.
    package var action: String
    /// The action that the definition has.
    package var over: String
    /// libvirt's number of the guest in that run, which another host can read, too.
    package var id: String
    /// The run, or nothing where it is unknown, as from another host.
    package var run: RunID?
    /// Whether QEMU's answer is still to come, so that either action may be in force.
    package var isPending: Bool

    /// Makes a record.
    package init(action: String, over: String, id: String, run: RunID?, isPending: Bool = false) {
        self.isPending = isPending
        self.action = action
        self.over = over
        self.id = id
        self.run = run
    }

    /// Reads a record from the attributes of its element; nothing where `action`, `over` or `id` is
    /// missing.
    ///
    /// Without a valid `run`, as in a record of an earlier version, the run is unknown.
    package init?(attributes: [String: String]) {
        guard let action = attributes["action"], let over = attributes["over"],
            let id = attributes["id"]
        else { return nil }
        self.init(
            action: action, over: over, id: id, run: attributes["run"].flatMap { RunID($0) },
            isPending: attributes["pending"] != nil)
    }
}
