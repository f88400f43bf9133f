/// The action that we gave the watchdogs of a running guest through QEMU's monitor.
///
/// libvirt's definition still names the old action. So this stands in the guest's live metadata: for
/// whoever asks next, and for the host that the guest is migrated to or restored on. It counts for
/// one run of one guest; a QEMU that is started anew does what the definition says.
package struct Alignment: Sendable, Hashable {
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

/// The action that we gave the watchdogs of a persistent definition, in its metadata.
///
/// Whoever takes back what we did gives them the former one again, if ours still stands.
package struct PersistentAlignment: Sendable, Hashable {
    /// The action that we gave them.
    package var action: String
    /// The action that they had before.
    package var former: String

    /// Makes a record.
    package init(action: String, former: String) {
        self.action = action
        self.former = former
    }

    /// Reads a record from the attributes of its element; nothing where one is missing.
    package init?(attributes: [String: String]) {
        guard let action = attributes["action"], let former = attributes["was"] else { return nil }
        self.init(action: action, former: former)
    }
}

extension GuestFacts {
    /// Decides which records in the live metadata count for the guest's present run, and sets
    /// ``alignedAction`` and ``isOptedOutOfRun`` by those alone.
    ///
    /// An alignment counts only while a watchdog has the action that it was made over.
    ///
    /// - Parameters:
    ///   - run: The guest's present run. Where it is unknown, libvirt's number of the guest stands in
    ///     for it, and every opt-out counts.
    ///   - hasArrived: Whether the guest was restored from a file or has migrated here. An opt-out then
    ///     came along with the run; an alignment did not, because a new QEMU has the definition's
    ///     action.
    package mutating func trustRecords(of run: RunID?, hasArrived: Bool = false) {
        alignedAction = nil
        if let alignment, !alignment.isPending,
            run.map({ alignment.run == $0 }) ?? (alignment.id == id),
            watchdogs.contains(where: { $0.action == alignment.over })
        {
            alignedAction = alignment.action
        }
        isOptedOutOfRun = optOut.map { run == nil || hasArrived || $0.run == run } ?? false
    }

    /// A watchdog with the action that is in force, whatever its definition says.
    ///
    /// QEMU has one action for all watchdogs. An argument of the definition's own comes after libvirt's.
    package func inForce(_ watchdog: Watchdog) -> Watchdog {
        var watchdog = watchdog
        watchdog.action = alignedAction ?? qemuArguments?.watchdogAction ?? watchdog.action
        return watchdog
    }
}
