extension Plan {
    /// Whether the policy or the operator wants the guest to have no watchdog of ours.
    var isWantedAbsence: Bool {
        switch decision {
        case .leave(.excluded), .leave(.optedOut), .leave(.removedFromRun), .leave(.removalPending),
            .leave(.modelNone):
            true
        default: false
        }
    }

    /// What is wrong with the action of a watchdog that is there, if anything.
    func reasonAgainst(
        action: String, isLive: Bool = true
    ) -> (kind: Verdict.Kind, text: String)? {
        let remedy = isLive && changesLiveGuest ? "; virt-watchdog apply does it now" : ""
        if action == WatchdogAction.none.rawValue {
            return (.unprotected, "its watchdog does nothing when it fires; \(reason)\(remedy)")
        }
        if case .changeAction = decision { return (.conflict, reason + remedy) }
        return nil
    }
}
