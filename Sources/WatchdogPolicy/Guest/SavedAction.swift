/// The action that we gave the watchdogs of a persistent definition, in its metadata.
///
/// Whoever takes back what we did gives them the former one again, if ours still stands.
package struct SavedAction: Sendable, Hashable {
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
