/// The record that the operator took our watchdog away from a run of the guest.
///
/// It stands in the guest's live metadata, and goes along when the guest is saved or migrated.
public struct OptOut: Sendable, Hashable {
    /// The namespace of the element.
    public static let namespace = "urn:virt-watchdog:opt-out:1"
    /// The element's local name.
    public static let elementName = "opt-out"

    /// The run that the watchdog was taken from, or nothing where it is unknown.
    public var run: RunID?

    /// Makes a record.
    public init(run: RunID?) {
        self.run = run
    }

    /// Reads a record from the attributes of its element; without a valid `run`, the run is unknown.
    public init(attributes: [String: String]) {
        self.init(run: attributes["run"].flatMap { RunID($0) })
    }
}
