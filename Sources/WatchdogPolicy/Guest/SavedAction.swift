// SPDX-License-Identifier: Apache-2.0

/// The record of an action that virt-watchdog wrote into a persistent domain XML, in its metadata.
///
/// `virt-watchdog remove --config` restores the former action, unless the operator has changed it
/// since.
package struct SavedAction: Sendable, Hashable {
    /// The action that virt-watchdog wrote.
    package var action: String
    /// The action that the watchdogs had before.
    package var former: String

    package init(action: String, former: String) {
        self.action = action
        self.former = former
    }

    /// Reads a record from the attributes of its element, or returns `nil` if one is missing.
    package init?(attributes: [String: String]) {
        guard let action = attributes["action"], let former = attributes["was"] else { return nil }
        self.init(action: action, former: former)
    }
}
