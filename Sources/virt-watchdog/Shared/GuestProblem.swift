// SPDX-License-Identifier: Apache-2.0

/// The reason why a command did not treat a guest.
struct GuestProblem: Error {
    var guest: String
    var message: String
    /// Whether the guest no longer exists.
    var isGone = false
    /// Whether the daemon has no guest of that name, UUID or ID.
    var isMissing = false
}
