/// What becomes of a guest that hangs, and why.
package struct Verdict: Sendable, Hashable {
    /// The verdict in a word.
    ///
    /// They are in the order in which an operator wants to see them: trouble first.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The guest's kernel panicked, and libvirt keeps the guest as it is.
        case crashed
        /// The watchdog fired and paused the guest.
        case fired
        /// It cannot be known whether the watchdog acts.
        case unknown
        /// Nothing happens: the guest has no watchdog, or one that does nothing.
        case unprotected
        /// It has a watchdog whose action is not the one that was asked for, or not for long.
        case conflict
        /// QEMU or libvirt stopped the guest because of an error, and the timer with it.
        case halted
        /// It has a watchdog that it has not started.
        case notArmed = "not armed"
        /// Its definition has a watchdog that is there from the next cold start on.
        case pendingColdBoot = "pending cold boot"
        /// An operator, a program or libvirt paused the guest, or it sleeps; its timer has stopped.
        case paused
        /// Its watchdog acts.
        case protected
        /// The guest does not run, and has a watchdog from its next start on.
        case protectedAtStart = "protected at start"
        /// Nothing happens, and the policy wants it so.
        case excluded

        /// Whether all is as it should be.
        package var isFine: Bool {
            switch self {
            case .paused, .protected, .protectedAtStart, .excluded: true
            case .crashed, .fired, .unknown, .unprotected, .conflict, .halted, .notArmed,
                .pendingColdBoot:
                false
            }
        }
    }

    /// The evidence about a guest that runs, apart from its definitions.
    package struct Evidence: Sendable, Hashable {
        /// The state of the guest.
        package var situation: Situation
        /// The states of its watchdogs' timers, in the order of the live definition.
        package var timers: [TimerState]
        /// Why QEMU does not answer, if that is known.
        package var silence: String?
        /// The evidence of a fire in the present run, if there is any.
        package var fire: FireEvidence?

        /// Collects evidence.
        package init(
            situation: Situation = Situation(state: .running, reason: .booted),
            timers: [TimerState], silence: String? = nil, fire: FireEvidence? = nil
        ) {
            self.situation = situation
            self.timers = timers
            self.silence = silence
            self.fire = fire
        }
    }

    /// The verdict in a word.
    package var kind: Kind
    /// Why, in a clause with the remedy where there is one.
    package var reason: String

    /// Judges a guest that runs.
    ///
    /// - Parameters:
    ///   - live: What its live definition says.
    ///   - persistent: What its persistent definition says, if it has one.
    ///   - evidence: What else is known of it.
    ///   - hookInstalled: Whether the hook sees to guests that start.
    package init(
        _ policy: Policy, live: GuestFacts, persistent: GuestFacts?, evidence: Evidence,
        hookInstalled: Bool = true
    ) {
        let plan = Plan(for: live, under: policy)
        if plan.isWantedAbsence {
            self.init(.excluded, plan.reason)
            return
        }
        if let ending = Verdict(endOf: evidence) {
            self = ending
        } else if let trouble = Verdict(
            troubleWith: plan, policy, live, persistent, evidence.timers, hookInstalled)
        {
            self = trouble
        } else {
            self.init(timerOf: live, under: plan, evidence)
        }
        add(plan.warnings)
    }

    /// Judges a guest that is shut off by what it will be once it is started.
    ///
    /// - Parameters:
    ///   - situation: Why it is shut off.
    ///   - hookInstalled: Whether the hook sees to guests that start.
    package init(
        _ policy: Policy, inactive persistent: GuestFacts,
        situation: Situation = Situation(state: .shutOff, reason: .shutdown),
        hookInstalled: Bool = true
    ) {
        let plan = Plan(for: persistent, under: policy)
        defer {
            if kind != .excluded, let ending = situation.ending { reason += "; \(ending)" }
            add(plan.warnings)
        }
        if plan.isWantedAbsence {
            self.init(.excluded, plan.reason)
        } else if let watchdog = persistent.upcomingWatchdog(under: policy, hookInstalled) {
            let defined = persistent.watchdogThatCounts(under: plan)
            if let defined, watchdog.action != defined.action,
                watchdog.action != WatchdogAction.none.rawValue
            {
                self.init(
                    .protectedAtStart,
                    "once it starts, when the hook gives its watchdog the action"
                        + " \(quoted(watchdog.action))")
            } else if let reason = plan.reasonAgainst(action: watchdog.action, isLive: false) {
                self.init(reason.kind, reason.text)
            } else {
                self.init(.protectedAtStart, "from its start on, by its definition")
            }
        } else if case .attach(let device, _) = plan.decision {
            guard hookInstalled else {
                self.init(
                    .unprotected,
                    "it has no watchdog, and the hook that would give it one at its start is not"
                        + " installed; virt-watchdog doctor tells more")
                return
            }
            self.init(.protectedAtStart, "once it starts, when the hook gives it \(device)")
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

    /// Judges a guest whose run has come to an end, whatever its watchdog is.
    private init?(endOf evidence: Evidence) {
        switch (evidence.situation.state, evidence.situation.reason) {
        case (.crashed, _), (.paused, .crashed):
            self.init(.crashed, "the guest's kernel panicked; \(lookAndBoot)")
        case (.paused, .watchdog):
            let time =
                if case .seen(let fire) = evidence.fire { " at \(fire.time)" } else { "" }
            self.init(
                .fired,
                "its watchdog fired\(time) and paused it; \(lookAndBoot), or virsh resume GUEST alone"
                    + " to let it run on")
        default: return nil
        }
    }

    /// Judges a guest by its definitions; nothing where they show no fault.
    private init?(
        troubleWith plan: Plan, _ policy: Policy, _ live: GuestFacts, _ persistent: GuestFacts?,
        _ timers: [TimerState], _ hookInstalled: Bool
    ) {
        let upcoming = persistent.flatMap { $0.upcomingWatchdog(under: policy, hookInstalled) }
        guard let watchdog = live.watchdogThatCounts(under: plan) else {
            if timers.contains(.armed), !live.watchdogs.isEmpty { return nil }
            self.init(withoutWatchdog: plan, upcoming)
            if case .unknown = timers.first {
                reason += "; whether the guest uses the chipset's iTCO is unknown"
            }
            return
        }
        if let reason = plan.reasonAgainst(action: watchdog.action) {
            self.init(reason.kind, reason.text)
        } else if let upcoming, upcoming.action != watchdog.action {
            self.init(
                .conflict,
                "it runs with action \(quoted(watchdog.action)), and from its next cold start on"
                    + " its definition gives it \(quoted(upcoming.action));"
                    + (persistent.map { Plan(for: $0, under: policy).changesDefinition } == true
                        ? " virt-watchdog apply --config brings it to the policy"
                        : " fix the definition, or set vm.watchdog.existing=align"))
        } else {
            return nil
        }
    }

    /// Judges a guest that has no watchdog, or the implicit iTCO alone.
    private init(withoutWatchdog plan: Plan, _ upcoming: GuestFacts.Watchdog?) {
        let remedy = plan.changesLiveGuest ? "; virt-watchdog apply does it now" : ""
        if let upcoming {
            self.init(
                .pendingColdBoot,
                "its definition has \(quoted(upcoming.model)) with action"
                    + " \(quoted(upcoming.action)), which is there from its next cold start on"
                    + (remedy.isEmpty ? "" : "; virt-watchdog apply gives it one now"))
        } else {
            self.init(.unprotected, plan.reason + remedy)
        }
    }

    /// Judges a guest whose definitions are no trouble by its state and its timers.
    private init(timerOf live: GuestFacts, under plan: Plan, _ evidence: Evidence) {
        if let silence = evidence.silence {
            self.init(.unknown, silence)
            return
        }
        if let stoppedState = evidence.situation.stoppedState {
            self.init(stoppedState.kind, stoppedState.reason)
            return
        }
        let chosen = live.watchdogThatCounts(under: plan)
        let action = (chosen ?? live.watchdogs.first.map(live.effective))?.action ?? ""
        switch live.timer(among: evidence.timers) ?? .unknown("the guest was not asked") {
        case .armed:
            self.init(
                .protected,
                "a hang leads to \(quoted(action))"
                    + (chosen == nil ? ", by the chipset's iTCO" : ""))
            if case .seen(let fire) = evidence.fire {
                reason += "; it last fired at \(fire.time)"
            }
        case .notArmed:
            switch evidence.fire {
            case .seen(let fire):
                self.init(
                    .notArmed,
                    "fired at \(fire.time), not armed again yet; if this lasts, look at the guest's"
                        + " console")
            case .shownByDevice:
                self.init(
                    .notArmed,
                    "fired in this run (time unknown: virt-watchdogd saw no event), not armed again"
                        + " yet; if this lasts, look at the guest's console")
            case nil:
                self.init(
                    .notArmed,
                    "the guest has not started the timer: it needs the driver and a program that"
                        + " feeds the watchdog, such as systemd with RuntimeWatchdogSec")
            }
        case .unknown(let doubt):
            self.init(
                .unknown,
                "a hang leads to \(quoted(action)) only if the guest has started the timer, which is"
                    + " unknown: \(doubt)")
            switch evidence.fire {
            case .seen(let fire): reason += "; it last fired at \(fire.time)"
            case .shownByDevice:
                reason += "; it fired in this run (time unknown: virt-watchdogd saw no event)"
            case nil: break
            }
        }
    }
}

/// The remedy for a stopped guest whose memory is still there.
private let lookAndBoot =
    "look at it with virsh screenshot GUEST or virsh dump --memory-only GUEST FILE, then boot it anew with"
    + " virsh reset GUEST and virsh resume GUEST"

extension Situation {
    /// The verdict on a guest whose vCPUs are stopped, or whose run is not here; nothing for a guest
    /// that runs.
    fileprivate var stoppedState: (kind: Verdict.Kind, reason: String)? {
        let still = "its timer has stopped"
        return switch (state, reason) {
        case (.running, .postCopy):
            (
                .unknown,
                "its memory is still on its way between two hosts; ask again once it is there"
            )
        case (.running, .postCopyFailed):
            (
                .unknown,
                "its post-copy migration failed; run the same virsh migrate again with --postcopy-resume"
            )
        case (.running, _), (.idle, _): nil
        case (.paused, .user), (.paused, .fromSnapshot), (.paused, .migrated),
            (.paused, .restored):
            (.paused, "paused, and \(still); run virsh resume GUEST")
        case (.paused, .pausedByMigration), (.paused, .postCopy):
            (.unknown, "the guest is migrating; ask again once it has arrived")
        case (.paused, .saving), (.paused, .dumping), (.paused, .creatingSnapshot),
            (.paused, .startingUp):
            (.paused, "paused while libvirt works on it (\(reason.rawValue)): \(still)")
        case (.paused, .shuttingDown), (.inShutdown, _):
            (.paused, "the guest is shutting down: \(still)")
        case (.paused, .ioError):
            (
                .halted,
                "a disk error paused it, and \(still); virsh domblkerror GUEST names the disk: fix its"
                    + " storage, then run virsh resume GUEST"
            )
        case (.paused, .postCopyFailed):
            (
                .halted,
                "its migration failed while part of its memory was still on the other host; run the"
                    + " migration again with virsh migrate --postcopy-resume"
            )
        case (.paused, .apiError):
            (.halted, "a libvirt call failed half-way and left it paused; run virsh resume GUEST")
        case (.paused, _):
            (
                .halted,
                "it is paused, and libvirt does not know the cause: \(still) until virsh resume GUEST"
            )
        case (.suspended, _):
            (
                .paused,
                "the guest sleeps: \(still) until it wakes up (virsh dompmwakeup GUEST)"
            )
        case (.crashed, _), (.shutOff, _), (.noState, _):
            (.unknown, "libvirt says that its state is '\(description)'; ask again")
        }
    }

    /// How the last run of a guest ended, where that was not as anybody wanted.
    fileprivate var ending: String? {
        guard state == .shutOff else { return nil }
        return switch reason {
        case .crashed: "its last run ended because its kernel panicked or its QEMU crashed"
        case .failed:
            "its last start failed: /var/log/libvirt/qemu/ and libvirt's log say why"
        case .daemon:
            "libvirt's daemon killed it when the daemon started: a hook failed, or QEMU did not"
                + " answer; run virt-watchdog doctor"
        default: nil
        }
    }
}
