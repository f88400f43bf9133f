// SPDX-License-Identifier: Apache-2.0

/// The result of removing everything that we gave a guest.
package enum Removal: String, Sendable, Hashable {
    /// Our device or record was removed.
    case removed
    /// Our device or record is there. A dry run leaves it.
    case wouldRemove = "would-remove"
    /// The guest had nothing of ours.
    case absent
    /// The guest has not released the device yet.
    case notAnswered = "not-answered"
}
