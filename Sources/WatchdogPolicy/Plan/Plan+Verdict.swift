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

    /// Returns the verdict on the action of a guest's watchdog, or `nil` if the action is right.
    func reasonAgainst(
        action: String, isLive: Bool = true
    ) -> (kind: Verdict.Kind, text: String)? {
        let fix = isLive && changesLiveGuest ? "; run virt-watchdog apply" : ""
        if action == WatchdogAction.none.rawValue {
            return (.unprotected, "its watchdog has action 'none'; \(reason)\(fix)")
        }
        if case .changeAction = decision { return (.conflict, reason + fix) }
        return nil
    }
}
