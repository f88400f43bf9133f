// SPDX-License-Identifier: Apache-2.0

import Protector

/// The reason why a command did not treat a guest.
struct GuestProblem: Error {
    var guest: String
    var message: String
    /// Whether the guest no longer exists.
    var isGone = false
    /// Whether libvirt has no such guest.
    var isMissing = false
    /// The error of the guest's treatment in a few words.
    private var treatmentPhrase: String?
    /// The words for a guest that libvirt does not have.
    var missingPhrase = "no such guest"

    init(guest: String, message: String, isGone: Bool = false, isMissing: Bool = false) {
        self.guest = guest
        self.message = message
        self.isGone = isGone
        self.isMissing = isMissing
    }

    /// Creates the problem of a guest that was found.
    ///
    /// - Parameter command: The command for a retry.
    init(_ guest: String, _ error: TreatmentError, retryingWith command: String) {
        self.init(
            guest: guest, message: error.description(retryingWith: command),
            isGone: error.isGuestGone)
        treatmentPhrase = error.phrase
    }

    /// The problem in a few words.
    var phrase: String {
        if isMissing { return missingPhrase }
        if isGone { return "guest is shut off" }
        return treatmentPhrase ?? "libvirt gave no data"
    }
}
