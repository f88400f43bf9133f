// SPDX-License-Identifier: Apache-2.0

package import WatchdogPolicy

/// The outcome of a named guest.
package struct Outcome: Sendable {
    /// The result in the running guest, or `nil` if it is shut off or was left out.
    package var protection: Result<LiveResult, TreatmentError>?
    /// The result in the persistent domain XML, or `nil` if it was left out.
    package var persistence: Result<ConfigResult, TreatmentError>?
    /// The facts of the last read.
    package var facts: GuestFacts?
    /// The removal's result in the running guest, or `nil` if it was left out.
    package var liveRemoval: Removal?
    /// The removal's result in the persistent domain XML, or `nil` if it was left out.
    package var persistentRemoval: Removal?
    /// The answer for `status`.
    package var inspection: Inspection?

    /// The reason why the guest was not treated, cleaned or read.
    package var error: TreatmentError? {
        guard case .failure(let error) = protection else { return nil }
        return error
    }

    /// Whether the guest matches the policy or no longer runs.
    package var isAsWanted: Bool {
        switch protection {
        case .success(let protection): protection.isConverged
        case .failure(let error): error.isGuestGone
        case nil: true
        }
    }
}
