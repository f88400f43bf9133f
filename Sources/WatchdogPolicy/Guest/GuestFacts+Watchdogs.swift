// SPDX-License-Identifier: Apache-2.0

extension GuestFacts {
    /// Returns who added one of the guest's watchdogs.
    ///
    /// The implicit one has libvirt's default action. With another action, the operator chose it.
    package func origin(of watchdog: Watchdog) -> WatchdogOrigin {
        if watchdog.isOnCommandLine { return .commandLine }
        if watchdog.isOwned { return .owned }
        guard let model = WatchdogModel(rawValue: watchdog.model), model.isBuiltIn,
            model.exists(on: machineType), watchdog.action == WatchdogAction.reset.rawValue
        else { return .defined }
        return .implicit
    }

    /// The watchdogs apart from the implicit one.
    package var chosenWatchdogs: [Watchdog] {
        watchdogs.filter { origin(of: $0) != .implicit }
    }
}

extension GuestFacts {
    /// Returns the watchdog that a plan relies on.
    ///
    /// That is the first chosen one, or the implicit one if the policy asks for it.
    func effectiveWatchdog(under plan: Plan) -> Watchdog? {
        if let chosen = chosenWatchdogs.first { return effective(chosen) }
        guard case .leave(.asWanted) = plan.decision else { return nil }
        return watchdogs.first.map(effective)
    }

    /// Returns the watchdog of a guest that starts from this domain XML, with the action that the
    /// protector gives it.
    func upcomingWatchdog(under policy: Policy, _ hookInstalled: Bool) -> Watchdog? {
        let plan = Plan(for: self, under: policy)
        var watchdog = effectiveWatchdog(under: plan)
        if hookInstalled, plan.changesLiveGuest, case .changeAction(_, let action) = plan.decision {
            watchdog?.action = action.rawValue
        }
        return watchdog
    }
}

extension GuestFacts {
    /// The guest's i6300esb with its effective action.
    package var i6300esb: Watchdog? {
        watchdogs.first { $0.model == WatchdogModel.i6300esb.rawValue }.map(effective)
    }
}

extension GuestFacts.Watchdog {
    /// The watchdog's place, if it is on `qemu:commandline` and not among the devices.
    var placeClause: String { isOnCommandLine ? " on its qemu:commandline" : "" }
}
