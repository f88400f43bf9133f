/// The result of a removal: of the device and of all else that we gave a guest.
package enum Removal: String, Sendable, Hashable {
    /// It was there, and is gone.
    case removed
    /// It is there. A dry run leaves it.
    case wouldRemove = "would-remove"
    /// There was nothing of ours.
    case absent
    /// The guest was asked to release the device, and has not yet.
    case notAnswered = "not-answered"
}
