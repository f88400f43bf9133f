// SPDX-License-Identifier: Apache-2.0

/// The action that virt-watchdog gave the watchdogs of a running guest through QEMU's monitor.
///
/// The live domain XML still names the old action. So virt-watchdog writes this record into the
/// live metadata, which libvirt passes on when the guest migrates or is restored. A record is valid
/// for one run: a new QEMU process takes its action from the domain XML.
package struct ActionOverride: Sendable, Hashable {
    /// The namespace of the element.
    package static let namespace = "urn:virt-watchdog:alignment:1"
    /// The element's local name.
    package static let elementName = "alignment"

    /// The action that QEMU has.
    package var action: String
    /// The action that the domain XML has.
    package var definedAction: String
    /// libvirt's ID of the guest in that run, which another host can read, too.
    package var id: String
    /// The run, or `nil` if it is unknown, as on another host.
    package var run: RunID?
    /// Whether QEMU has not answered yet, and either action may be effective.
    package var isPending: Bool

    package init(
        action: String, definedAction: String, id: String, run: RunID?, isPending: Bool = false
    ) {
        self.isPending = isPending
        self.action = action
        self.definedAction = definedAction
        self.id = id
        self.run = run
    }

    /// Reads a record from the attributes of its element, or returns `nil` without `action`, `over`
    /// or `id`.
    ///
    /// Without a valid `run`, as in a record of an earlier version, the run is unknown.
    package init?(attributes: [String: String]) {
        guard let action = attributes["action"], let definedAction = attributes["over"],
            let id = attributes["id"]
        else { return nil }
        self.init(
            action: action, definedAction: definedAction, id: id,
            run: attributes["run"].flatMap { RunID($0) },
            isPending: attributes["pending"] != nil)
    }
}
