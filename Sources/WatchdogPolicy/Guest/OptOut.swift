// SPDX-License-Identifier: Apache-2.0

/// The record that the operator removed our watchdog from a run of the guest.
///
/// virt-watchdog writes it into the live metadata, which libvirt saves and migrates with the guest.
package struct OptOut: Sendable, Hashable {
    /// The namespace of the element.
    package static let namespace = "urn:virt-watchdog:opt-out:1"
    /// The element's local name.
    package static let elementName = "opt-out"

    /// The run that lost the watchdog, or `nil` if it is unknown.
    package var run: RunID?

    package init(run: RunID?) {
        self.run = run
    }

    /// Reads a record from the attributes of its element. Without a valid `run`, the run is
    /// unknown.
    package init(attributes: [String: String]) {
        self.init(run: attributes["run"].flatMap { RunID($0) })
    }
}
