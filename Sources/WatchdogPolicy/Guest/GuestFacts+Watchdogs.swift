extension GuestFacts {
    /// Tells who put one of the guest's watchdogs there.
    ///
    /// The implicit one has the default action; with another one, somebody chose it.
    package func origin(of watchdog: Watchdog) -> WatchdogOrigin {
        if watchdog.isOnCommandLine { return .commandLine }
        if watchdog.isOwned { return .owned }
        let isImplicit =
            machineType == .q35
            && watchdog.model == WatchdogModel.itco.rawValue
            && watchdog.action == WatchdogAction.reset.rawValue
        return isImplicit ? .implicit : .defined
    }

    /// The watchdogs that somebody chose.
    package var chosenWatchdogs: [Watchdog] {
        watchdogs.filter { origin(of: $0) != .implicit }
    }
}

extension GuestFacts {
    /// The watchdog that counts: the first one that somebody chose, or the implicit one where that is
    /// what the policy asks for.
    func watchdogThatCounts(under plan: Plan) -> Watchdog? {
        if let chosen = chosenWatchdogs.first { return effective(chosen) }
        guard case .leave(.asWanted) = plan.decision else { return nil }
        return watchdogs.first.map(effective)
    }

    /// The watchdog that counts once a guest is started from this definition, with the action that
    /// the hook's protector gives it.
    func upcomingWatchdog(under policy: Policy, _ hookInstalled: Bool) -> Watchdog? {
        let plan = Plan(for: self, under: policy)
        var watchdog = watchdogThatCounts(under: plan)
        if hookInstalled, plan.changesLiveGuest, case .changeAction(_, let action) = plan.decision {
            watchdog?.action = action.rawValue
        }
        return watchdog
    }
}

extension GuestFacts {
    /// The guest's i6300esb with the action in effect.
    package var i6300esb: Watchdog? {
        watchdogs.first { $0.model == WatchdogModel.i6300esb.rawValue }.map(effective)
    }
}
