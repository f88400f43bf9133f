/// The record that the operator took our watchdog away from a run of the guest.
///
/// It stands in the guest's live metadata, and goes along when the guest is saved or migrated.
package struct OptOut: Sendable, Hashable {
    /// The namespace of the element.
    package static let namespace = "urn:virt-watchdog:opt-out:1"
    /// The element's local name.
    package static let elementName = "opt-out"

    /// The run that the watchdog was taken from, or nothing where it is unknown.
    package var run: RunID?

    /// Makes a record.
    package init(run: RunID?) {
        self.run = run
    }

    /// Reads a record from the attributes of its element; without a valid `run`, the run is unknown.
    package init(attributes: [String: String]) {
        self.init(run: attributes["run"].flatMap { RunID($0) })
    }
}
