// SPDX-License-Identifier: Apache-2.0

/// The consequence of a hang for a guest, and the reason.
package struct Verdict: Sendable, Hashable {
    /// The verdict in a word, in the order of `virt-watchdog status`: trouble first.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The guest's kernel panicked, and libvirt preserves the guest.
        case crashed
        /// The watchdog fired and paused the guest.
        case fired
        /// virt-watchdog does not know whether the watchdog would fire.
        case unknown
        /// The guest has no watchdog, or a watchdog without effect.
        case unprotected
        /// The watchdog's action differs from the policy, now or after the next cold start.
        case conflict
        /// The policy or the operator wants no watchdog for the guest, but its watchdog acts.
        case excludedStillActs = "excluded, still acts"
        /// QEMU or libvirt stopped the guest because of an error, and the timer with it.
        case halted
        /// The guest has not started its watchdog's timer.
        case notArmed = "not armed"
        /// The persistent domain XML has a watchdog, which takes effect at the next cold start.
        case pendingColdBoot = "pending cold boot"
        /// The guest is paused or suspended, and its timer has stopped.
        case paused
        /// The watchdog acts on a hang.
        case protected
        /// The guest is shut off, and will have a watchdog when it starts.
        case protectedAtStart = "protected at start"
        /// The policy or the operator wants no watchdog for the guest.
        case excluded

        /// Whether the operator has nothing to fix.
        package var isFine: Bool {
            switch self {
            case .paused, .protected, .protectedAtStart, .excluded: true
            case .crashed, .fired, .unknown, .unprotected, .conflict, .excludedStillActs, .halted,
                .notArmed, .pendingColdBoot:
                false
            }
        }
    }

    /// The evidence about a running guest, apart from its domain XML.
    package struct Evidence: Sendable, Hashable {
        package var situation: Situation
        /// The states of the watchdogs' timers, in the order of the live domain XML.
        package var timers: [TimerState]
        /// The reason why QEMU does not answer.
        package var silence: String?
        /// The evidence of a fire in the present run.
        package var fire: FireEvidence?

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

    package var kind: Kind
    /// The reason in a few words, which are the same for all guests with the same fix.
    package var phrase: String
    /// The reason, with a fix if there is one.
    package var explanation: String
    /// The warnings. Each is a clause.
    package var warnings: [String] = []
    /// Whether the guest's metadata has an error.
    package private(set) var isOfFaultyMetadata = false
    /// Whether the policy has an error, which is the same for all guests.
    package private(set) var isOfFaultyPolicy = false
    /// Whether this user may not read the policy or the hook, so the verdict is unknown.
    package internal(set) var lacksRights = false

    /// The explanation with the warnings.
    package var reason: String {
        warnings.reduce(explanation) { "\($0); warning: \($1)" }
    }

    /// Judges a running guest.
    ///
    /// - Parameters:
    ///   - live: The facts of the live domain XML.
    ///   - persistent: The facts of the persistent domain XML, or `nil` for a transient guest.
    ///   - hookInstalled: Whether libvirt runs the hook when guests start.
    package init(
        _ policy: Policy, live: GuestFacts, persistent: GuestFacts?, evidence: Evidence,
        hookInstalled: Bool = true
    ) {
        let plan = Plan(for: live, under: policy)
        if plan.isWantedAbsence {
            self.init(excluded: live, under: plan, evidence.timers)
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
        warnings = plan.warnings
        if case .leave(.faultyGuestPolicy) = plan.decision { isOfFaultyMetadata = true }
        isOfFaultyPolicy = plan.isOfFaultyPolicy && explanation == plan.reason
    }

    /// Judges a guest that is shut off by its next start.
    ///
    /// - Parameters:
    ///   - persistent: The facts of the persistent domain XML.
    ///   - situation: The reason why the guest is shut off.
    ///   - hookInstalled: Whether libvirt runs the hook when guests start.
    package init(
        _ policy: Policy, inactive persistent: GuestFacts,
        situation: Situation = Situation(state: .shutOff, reason: .shutdown),
        hookInstalled: Bool = true
    ) {
        let plan = Plan(for: persistent, under: policy)
        defer {
            if kind != .excluded, let ending = situation.ending {
                explanation += "; \(ending.text)"
                phrase = ending.phrase
            }
            warnings = plan.warnings
        }
        if plan.isWantedAbsence {
            self.init(.excluded, plan.phrase, plan.reason)
        } else if let watchdog = persistent.upcomingWatchdog(under: policy, hookInstalled) {
            let defined = persistent.effectiveWatchdog(under: plan)
            if let defined, watchdog.action != defined.action,
                watchdog.action != WatchdogAction.none.rawValue
            {
                self.init(
                    .protectedAtStart, "action changes at start",
                    "at its start, virt-watchdog changes its watchdog's action to"
                        + " \(quoted(watchdog.action))")
            } else if let trouble = Verdict(
                against: watchdog.action, of: persistent, under: plan, isLive: false)
            {
                self = trouble
            } else {
                self.init(
                    .protectedAtStart, "in its domain XML",
                    "its persistent domain XML has the watchdog")
            }
        } else if case .attach(let device, _) = plan.decision {
            guard hookInstalled else {
                self.init(
                    .unprotected, "the hook does not run",
                    "its domain XML has no watchdog, and the hook, which would add one at its start, is"
                        + " missing or not executable; run virt-watchdog doctor")
                return
            }
            self.init(
                .protectedAtStart, "added at its start",
                "at its start, virt-watchdog adds \(device)")
        } else {
            self.init(.unprotected, plan.phrase, plan.reason)
        }
    }

    private init(_ kind: Kind, _ phrase: String, _ explanation: String) {
        self.kind = kind
        self.phrase = phrase
        self.explanation = explanation
    }

    /// Judges a guest without a wish for a watchdog, by the watchdogs that it has all the same.
    ///
    /// The implicit one, which libvirt adds to each q35 machine, acts only once the guest has
    /// started it.
    private init(excluded live: GuestFacts, under plan: Plan, _ timers: [TimerState]) {
        func isArmed(_ index: Int) -> Bool { index < timers.count && timers[index] == .armed }
        let found = live.watchdogs.enumerated().first { index, watchdog in
            live.effective(watchdog).action != WatchdogAction.none.rawValue
                && (isArmed(index) || live.origin(of: watchdog) != .implicit)
        }
        guard let (index, acting) = found else {
            self.init(.excluded, plan.phrase, plan.reason)
            return
        }
        let action = live.effective(acting).action
        let fix =
            switch live.origin(of: acting) {
            case .owned:
                if case .leave(.removalPending) = plan.decision {
                    "run virsh reset GUEST"
                } else {
                    "run virt-watchdog remove GUEST"
                }
            case .commandLine: "remove it from the guest's qemu:commandline, or include the guest"
            case .defined: "remove it from the guest's domain XML, or include the guest"
            case .implicit: "set its action to 'none' in the persistent domain XML"
            }
        self.init(
            .excludedStillActs,
            (isArmed(index) ? "a hang leads to " : "may act: ") + printable(action),
            "\(plan.reason); its watchdog \(quoted(acting.model)) still acts: \(printable(action)); \(fix)"
        )
    }

    /// Judges the action of a guest's watchdog, or returns `nil` if the action is right.
    private init?(
        against action: String, of facts: GuestFacts, under plan: Plan, isLive: Bool = true
    ) {
        let fix = isLive && plan.changesLiveGuest ? "; run virt-watchdog apply GUEST" : ""
        if action == WatchdogAction.none.rawValue {
            self.init(
                .unprotected, "action none: no effect",
                "its watchdog has action 'none'; \(plan.reason)\(fix)")
        } else if case .changeAction = plan.decision {
            self.init(.conflict, plan.phrase, plan.reason + fix)
        } else if case .leave(.faultyGuestPolicy) = plan.decision {
            self.init(.conflict, plan.phrase, plan.reason)
        } else {
            return nil
        }
    }

    /// Judges a guest that crashed or that its watchdog paused, or returns `nil` for others.
    private init?(endOf evidence: Evidence) {
        switch (evidence.situation.state, evidence.situation.reason) {
        case (.crashed, _), (.paused, .crashed):
            self.init(
                .crashed, "kernel panicked", "the guest's kernel panicked; \(lookAndBoot)")
        case (.paused, .watchdog):
            let time =
                if case .seen(let fire) = evidence.fire { " at \(fire.time)" } else { "" }
            self.init(
                .fired, time.isEmpty ? "paused by its watchdog" : "fired\(time.dropFirst(3))",
                "its watchdog fired\(time) and paused it; \(lookAndBoot), or virsh resume GUEST alone"
                    + " to continue it")
        default: return nil
        }
    }

    /// Judges a guest by its domain XML, or returns `nil` without a fault in it.
    private init?(
        troubleWith plan: Plan, _ policy: Policy, _ live: GuestFacts, _ persistent: GuestFacts?,
        _ timers: [TimerState], _ hookInstalled: Bool
    ) {
        let upcoming = persistent.flatMap { $0.upcomingWatchdog(under: policy, hookInstalled) }
        guard let watchdog = live.effectiveWatchdog(under: plan) else {
            if timers.contains(.armed), !live.watchdogs.isEmpty { return nil }
            self.init(withoutWatchdog: plan, upcoming)
            if case .unknown = timers.first {
                explanation += "; whether the guest uses the chipset's iTCO is unknown"
            }
            return
        }
        if let trouble = Verdict(against: watchdog.action, of: live, under: plan) {
            self = trouble
        } else if let upcoming, upcoming.action != watchdog.action {
            self.init(
                .conflict, "other action after boot",
                "it runs with action \(quoted(watchdog.action)), but its persistent domain XML has"
                    + " \(quoted(upcoming.action)), effective from its next cold start on;"
                    + (persistent.map { Plan(for: $0, under: policy).changesDefinition } == true
                        ? " run virt-watchdog apply --config GUEST"
                        : " fix the persistent domain XML, or set vm.watchdog.existing=align"))
        } else {
            return nil
        }
    }

    /// Judges a guest without a watchdog, or with only the implicit iTCO.
    private init(withoutWatchdog plan: Plan, _ upcoming: GuestFacts.Watchdog?) {
        let fix = plan.changesLiveGuest ? "; run virt-watchdog apply GUEST" : ""
        if let upcoming {
            self.init(
                .pendingColdBoot, "only at next cold start",
                "its persistent domain XML has \(quoted(upcoming.model)) with action"
                    + " \(quoted(upcoming.action)), effective from its next cold start on"
                    + (fix.isEmpty ? "" : "; to add it now, run virt-watchdog apply GUEST"))
        } else {
            self.init(.unprotected, plan.phrase, plan.reason + fix)
        }
    }

    /// Judges a guest without a fault in its domain XML by its state and its timers.
    private init(timerOf live: GuestFacts, under plan: Plan, _ evidence: Evidence) {
        if let silence = evidence.silence {
            self.init(.unknown, "QEMU stopped by a signal", silence)
            return
        }
        if let stoppedState = evidence.situation.stoppedState {
            self.init(stoppedState.kind, stoppedState.phrase, stoppedState.reason)
            return
        }
        let chosen = live.effectiveWatchdog(under: plan)
        let action = (chosen ?? live.watchdogs.first.map(live.effective))?.action ?? ""
        switch live.timer(among: evidence.timers) ?? .unknown("no timer was read") {
        case .armed:
            let byChipset = chosen == nil ? ", by the chipset's iTCO" : ""
            self.init(
                .protected, "a hang leads to \(printable(action))",
                "a hang leads to \(quoted(action))\(byChipset)")
            if case .seen(let fire) = evidence.fire {
                phrase = "last fired \(fire.time)"
                explanation += "; it last fired at \(fire.time)"
            }
        case .notArmed:
            switch evidence.fire {
            case .seen(let fire):
                self.init(
                    .notArmed, "fired \(fire.time)",
                    "fired at \(fire.time), not armed again yet; if this lasts, look at the guest's"
                        + " console")
            case .shownByDevice:
                self.init(
                    .notArmed, "fired, not armed again",
                    "fired in this run (time unknown: virt-watchdogd saw no event), not armed again"
                        + " yet; if this lasts, look at the guest's console")
            case nil:
                self.init(
                    .notArmed, "guest has not armed it",
                    "the guest has not started the timer: it needs the driver and a program that"
                        + " feeds the watchdog, such as systemd with RuntimeWatchdogSec; see GUEST SETUP"
                        + " in man virt-watchdog")
            }
        case .unknown(let doubt):
            self.init(
                .unknown, "cannot read the timer",
                "a hang leads to \(quoted(action)) only if the guest has started the timer, which is"
                    + " unknown: \(doubt)")
            switch evidence.fire {
            case .seen(let fire): explanation += "; it last fired at \(fire.time)"
            case .shownByDevice:
                explanation += "; it fired in this run (time unknown: virt-watchdogd saw no event)"
            case nil: break
            }
        }
    }
}

/// The fix for a stopped guest that QEMU still holds.
private let lookAndBoot =
    "look at it with virsh screenshot GUEST or virsh dump --memory-only GUEST FILE, then boot it with"
    + " virsh reset GUEST and virsh resume GUEST"

extension Situation {
    /// The verdict on a guest whose vCPUs are stopped, or that migrates, or `nil` for other guests.
    fileprivate var stoppedState: (kind: Verdict.Kind, phrase: String, reason: String)? {
        let still = "its timer has stopped"
        return switch (state, reason) {
        case (.running, .postCopy):
            (
                .unknown, "migrating",
                "a part of its memory is still on the other host; ask again after the migration"
            )
        case (.running, .postCopyFailed):
            (
                .unknown, "migration failed",
                "its post-copy migration failed; run the same virsh migrate again with --postcopy-resume"
            )
        case (.running, _), (.idle, _): nil
        case (.paused, .user), (.paused, .fromSnapshot), (.paused, .migrated),
            (.paused, .restored):
            (.paused, "paused: virsh resume", "paused, and \(still); run virsh resume GUEST")
        case (.paused, .pausedByMigration), (.paused, .postCopy):
            (.unknown, "migrating", "the guest is migrating; ask again after the migration")
        case (.paused, .saving), (.paused, .dumping), (.paused, .creatingSnapshot),
            (.paused, .startingUp):
            (
                .paused, "libvirt works on it",
                "paused while libvirt works on it (\(reason.rawValue)): \(still)"
            )
        case (.paused, .shuttingDown), (.inShutdown, _):
            (.paused, "shutting down", "the guest is shutting down: \(still)")
        case (.paused, .ioError):
            (
                .halted, "disk error",
                "a disk error paused it, and \(still); find the disk with virsh domblkerror GUEST, fix"
                    + " its storage, then run virsh resume GUEST"
            )
        case (.paused, .postCopyFailed):
            (
                .halted, "migration failed",
                "its migration failed while part of its memory was still on the other host; run the"
                    + " migration again with virsh migrate --postcopy-resume"
            )
        case (.paused, .apiError):
            (
                .halted, "libvirt left it paused",
                "a libvirt call failed half-way and left it paused; run virsh resume GUEST"
            )
        case (.paused, _):
            (
                .halted, "paused, cause unknown",
                "it is paused, libvirt does not know the cause, and \(still); run virsh resume GUEST"
            )
        case (.suspended, _):
            (
                .paused, "asleep: dompmwakeup",
                "the guest is suspended, and \(still); to wake it up, run virsh dompmwakeup GUEST"
            )
        case (.crashed, _), (.shutOff, _), (.noState, _):
            (
                .unknown, "libvirt: state unknown",
                "libvirt says that its state is '\(description)'; ask again"
            )
        }
    }

    /// The abnormal end of a guest's last run.
    fileprivate var ending: (phrase: String, text: String)? {
        guard state == .shutOff else { return nil }
        return switch reason {
        case .crashed:
            (
                "kernel or QEMU crashed",
                "its last run ended because its kernel panicked or its QEMU crashed"
            )
        case .failed:
            (
                "last start failed",
                "its last start failed; see /var/log/libvirt/qemu/ and libvirt's log"
            )
        case .daemon:
            (
                "killed by libvirt's daemon",
                "libvirt's daemon killed it when the daemon started: a hook failed, or QEMU did not"
                    + " answer; run virt-watchdog doctor"
            )
        default: nil
        }
    }
}
