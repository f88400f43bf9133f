// SPDX-License-Identifier: Apache-2.0

extension Plan {
    /// Whether the policy or the operator wants no watchdog of virt-watchdog in the guest.
    var isWantedAbsence: Bool {
        switch decision {
        case .leave(.excluded), .leave(.optedOut), .leave(.removedFromRun), .leave(.removalPending),
            .leave(.modelNone):
            true
        default: false
        }
    }
}
