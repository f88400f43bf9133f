/// What becomes of a guest that hangs, and why.
public struct Verdict: Sendable, Hashable {
    /// The verdict in a word.
    ///
    /// They are in the order in which an operator wants to see them: trouble first.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Nothing happens: the guest has no watchdog, or one that does nothing.
        case unprotected
        /// It has a watchdog whose action is not the one that was asked for, or not for long.
        case conflict
        /// It has a watchdog that it has not started.
        case notArmed = "not armed"
        /// Its definition has a watchdog that is there from the next cold start on.
        case pendingColdBoot = "pending cold boot"
        /// Its watchdog acts.
        case protected
        /// Nothing happens, and the policy wants it so.
        case excluded

        /// Whether all is as it should be.
        public var isFine: Bool { self == .protected || self == .excluded }
    }

    /// The verdict in a word.
    public var kind: Kind
    /// Why, in a clause with the remedy where there is one.
    public var reason: String

    /// Judges a guest that runs.
    ///
    /// - Parameters:
    ///   - live: What its live definition says.
    ///   - persistent: What its persistent definition says, if it has one.
    ///   - timers: The states of its watchdogs' timers, in the order of the live definition.
    ///   - isHooked: Whether the hook sees to guests that start.
    public init(
        _ policy: Policy, live: GuestFacts, persistent: GuestFacts?, timers: [TimerState],
        isHooked: Bool = true
    ) {
        let plan = plan(policy, live)
        if plan.isWantedAbsence {
            self.init(.excluded, plan.reason)
            return
        }
        let upcoming = persistent.flatMap { $0.upcomingWatchdog(under: policy, isHooked) }
        guard let watchdog = live.watchdogThatCounts(under: plan) else {
            self.init(withoutWatchdog: plan, live, upcoming, timers)
            add(plan.warnings)
            return
        }
        defer { add(plan.warnings) }
        if let reason = plan.reasonAgainst(action: watchdog.action) {
            self.init(reason.kind, reason.text)
        } else if let upcoming, upcoming.action != watchdog.action {
            self.init(
                .conflict,
                "it runs with action \(quoted(watchdog.action)), and from its next cold start on"
                    + " its definition gives it \(quoted(upcoming.action));"
                    + (persistent.map { WatchdogPolicy.plan(policy, $0).changesDefinition } == true
                        ? " virt-watchdog apply --config brings it to the policy"
                        : " mend the definition, or set vm.watchdog.existing=align"))
        } else {
            self.init(
                effectOf: watchdog.action,
                live.timer(among: timers) ?? .unknown("the guest was not asked"))
        }
    }

    /// Judges a guest that is shut off by what it will be once it is started.
    ///
    /// - Parameter isHooked: Whether the hook sees to guests that start.
    public init(_ policy: Policy, inactive persistent: GuestFacts, isHooked: Bool = true) {
        let plan = plan(policy, persistent)
        defer { add(plan.warnings) }
        if plan.isWantedAbsence {
            self.init(.excluded, plan.reason)
        } else if let watchdog = persistent.upcomingWatchdog(under: policy, isHooked) {
            let defined = persistent.watchdogThatCounts(under: plan)
            if let defined, watchdog.action != defined.action,
                watchdog.action != WatchdogAction.none.rawValue
            {
                self.init(
                    .protected,
                    "once it starts, when the hook gives its watchdog the action"
                        + " \(quoted(watchdog.action))")
            } else if let reason = plan.reasonAgainst(action: watchdog.action, isLive: false) {
                self.init(reason.kind, reason.text)
            } else {
                self.init(.protected, "from its start on, by its definition")
            }
        } else if case .attach(let device, _) = plan.decision {
            guard isHooked else {
                self.init(
                    .unprotected,
                    "it has no watchdog, and the hook that would give it one at its start is not"
                        + " installed; virt-watchdog doctor tells more")
                return
            }
            self.init(.protected, "once it starts, when the hook gives it \(device)")
        } else {
            self.init(.unprotected, plan.reason)
        }
    }

    private init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }

    private mutating func add(_ warnings: [String]) {
        for warning in warnings { reason += "; warning: \(warning)" }
    }

    /// Judges a guest that has no watchdog, or the implicit iTCO alone.
    private init(
        withoutWatchdog plan: Plan, _ live: GuestFacts, _ upcoming: GuestFacts.Watchdog?,
        _ timers: [TimerState]
    ) {
        let remedy = plan.changesLiveGuest ? "; virt-watchdog apply does it now" : ""
        if timers.contains(.armed), let implicit = live.watchdogs.first {
            self.init(
                .protected, "a hang leads to \(quoted(implicit.action)), by the chipset's iTCO")
        } else if let upcoming {
            self.init(
                .pendingColdBoot,
                "its definition has \(quoted(upcoming.model)) with action"
                    + " \(quoted(upcoming.action)), which is there from its next cold start on"
                    + (remedy.isEmpty ? "" : "; virt-watchdog apply gives it one now"))
        } else {
            self.init(.unprotected, plan.reason + remedy)
        }
    }

    /// Judges a guest with a watchdog whose action is no trouble.
    private init(effectOf action: String, _ timer: TimerState) {
        switch timer {
        case .notArmed:
            self.init(
                .notArmed,
                "the guest has not started the timer: it needs the driver and something that feeds"
                    + " the watchdog, such as systemd's RuntimeWatchdogSec")
        case .armed: self.init(.protected, "a hang leads to \(quoted(action))")
        case .unknown(let doubt):
            self.init(
                .protected,
                "a hang leads to \(quoted(action)) if the guest has started the timer; \(doubt)")
        }
    }
}

extension GuestFacts {
    /// The watchdog that counts: the first one that somebody chose, or the implicit one where that is
    /// what the policy asks for.
    func watchdogThatCounts(under plan: Plan) -> Watchdog? {
        if let chosen = chosenWatchdogs.first { return inForce(chosen) }
        guard case .leave(.asWanted) = plan.decision else { return nil }
        return watchdogs.first.map(inForce)
    }

    /// The watchdog that counts once a guest is started from this definition, with the action that
    /// the hook's protector gives it.
    func upcomingWatchdog(under policy: Policy, _ isHooked: Bool) -> Watchdog? {
        let plan = plan(policy, self)
        var watchdog = watchdogThatCounts(under: plan)
        if isHooked, plan.changesLiveGuest, case .changeAction(_, let action) = plan.decision {
            watchdog?.action = action.rawValue
        }
        return watchdog
    }
}

extension Plan {
    /// Whether the policy or the operator wants the guest to have no watchdog of ours.
    fileprivate var isWantedAbsence: Bool {
        switch decision {
        case .leave(.excluded), .leave(.optedOut), .leave(.removedFromRun), .leave(.removalPending),
            .leave(.modelNone):
            true
        default: false
        }
    }

    /// What is wrong with the action of a watchdog that is there, if anything.
    fileprivate func reasonAgainst(
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
