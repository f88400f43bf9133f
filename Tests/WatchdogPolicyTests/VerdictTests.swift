// SPDX-License-Identifier: Apache-2.0

import Testing
import WatchdogPolicy

/// The verdict on a guest, word by word of the list.
struct VerdictTests {
    typealias Watchdog = GuestFacts.Watchdog

    private static let ours = Watchdog(model: "i6300esb", alias: "ua-virt-watchdog")
    private static let implicit = Watchdog(model: "itco")

    private static func pc(_ watchdogs: [Watchdog] = []) -> GuestFacts {
        PlanTests.pc { $0.watchdogs = watchdogs }
    }

    private static func persistent(_ watchdogs: [Watchdog] = []) -> GuestFacts {
        PlanTests.pc {
            $0.isLive = false
            $0.watchdogs = watchdogs
        }
    }

    private func verdict(
        _ live: GuestFacts, _ persistent: GuestFacts? = nil, _ timers: [TimerState] = [],
        _ policy: Policy = .builtIn
    ) -> Verdict {
        Verdict(
            policy, live: live, persistent: persistent, evidence: Verdict.Evidence(timers: timers))
    }

    /// The verdict on a guest with our watchdog in some state.
    private func verdict(
        _ state: GuestState, _ reason: Situation.Reason, _ timer: TimerState = .armed,
        silence: String? = nil, fire: FireEvidence? = nil,
        live: GuestFacts = pc([ours]), under policy: Policy = .builtIn
    ) -> Verdict {
        Verdict(
            policy, live: live, persistent: nil,
            evidence: Verdict.Evidence(
                situation: Situation(state: state, reason: reason),
                timers: live.watchdogs.map { _ in timer }, silence: silence, fire: fire))
    }

    @Test func `A guest whose timer runs is protected`() {
        let known = verdict(Self.pc([Self.ours]), nil, [.armed])
        #expect(known.kind == .protected)
        #expect(known.reason == "a hang leads to 'reset'")
        for reason in [Situation.Reason.booted, .migrated, .restored, .unpaused, .other] {
            #expect(verdict(.running, reason).kind == .protected)
        }
    }

    @Test func `A guest whose timer cannot be read is unknown, with the doubt`() {
        let unknown = verdict(Self.pc([Self.ours]), nil, [.unknown("QEMU said no")])
        #expect(unknown.kind == .unknown)
        #expect(unknown.reason.hasSuffix("is unknown: QEMU said no"))
        #expect(verdict(Self.pc([Self.ours]), nil, []).kind == .unknown)
        // What the definitions tell is known all the same.
        let none = Watchdog(model: "i6300esb", action: "none")
        let pause = Watchdog(model: "i6300esb", action: "pause")
        let doubt = [TimerState.unknown("no answer")]
        #expect(verdict(Self.pc(), nil, []).kind == .unprotected)
        #expect(verdict(Self.pc([none]), nil, doubt).kind == .unprotected)
        #expect(
            verdict(Self.pc([pause]), nil, doubt, Policy(existing: .align)).kind == .conflict)
    }

    @Test func `A guest whose QEMU does not answer is unknown, whatever its timer said`() {
        for timer in [TimerState.armed, .notArmed, .unknown("x")] {
            let stopped = verdict(.running, .booted, timer, silence: "a signal has stopped it")
            #expect(stopped.kind == .unknown)
            #expect(stopped.reason.contains("a signal has stopped it"))
        }
        #expect(verdict(.paused, .user, silence: "stopped").kind == .unknown)
        #expect(
            verdict(.running, .booted, silence: "stopped", live: Self.pc()).kind == .unprotected)
    }

    @Test(
        arguments: [
            (.paused, .user, .paused, "run virsh resume GUEST"),
            (.paused, .fromSnapshot, .paused, "run virsh resume GUEST"),
            (.paused, .saving, .paused, "saving"), (.paused, .dumping, .paused, "dumping"),
            (.paused, .creatingSnapshot, .paused, "creating snapshot"),
            (.paused, .startingUp, .paused, "starting up"),
            (.paused, .shuttingDown, .paused, "shutting down"),
            (.paused, .pausedByMigration, .unknown, "migrating"),
            (.paused, .postCopy, .unknown, "migrating"),
            (.running, .postCopy, .unknown, "on the other host"),
            (.running, .postCopyFailed, .unknown, "--postcopy-resume"),
            (.paused, .postCopyFailed, .halted, "--postcopy-resume"),
            (.paused, .ioError, .halted, "virsh domblkerror GUEST"),
            (.paused, .apiError, .halted, "virsh resume GUEST"),
            (.paused, .other, .halted, "does not know the cause"),
            (.paused, .watchdog, .fired, "virsh reset GUEST"),
            (.paused, .crashed, .crashed, "panicked"), (.crashed, .panicked, .crashed, "panicked"),
            (.suspended, .other, .paused, "virsh dompmwakeup GUEST"),
            (.inShutdown, .user, .paused, "shutting down"),
            (.noState, .other, .unknown, "no state"),
        ] as [(GuestState, Situation.Reason, Verdict.Kind, String)])
    func `A guest that does not run on is not protected`(
        state: GuestState, reason: Situation.Reason, kind: Verdict.Kind, text: String
    ) {
        for timer in [TimerState.armed, .notArmed, .unknown("doubt")] {
            let verdict = verdict(state, reason, timer)
            #expect(verdict.kind == kind)
            #expect(verdict.reason.contains(text), "\(verdict.reason)")
        }
    }

    @Test
    func `The end of a run counts before trouble with the definition, and the policy before both`()
    {
        let bare = Self.pc()
        #expect(verdict(.crashed, .panicked, live: bare).kind == .crashed)
        #expect(verdict(.paused, .user, live: bare).kind == .unprotected)
        let excluded = Policy(exclude: [GuestPattern("i-*")])
        #expect(verdict(.crashed, .panicked, under: excluded).kind == .excludedStillActs)
        #expect(verdict(.paused, .watchdog, under: excluded).kind == .excludedStillActs)
    }

    @Test
    func `A fire is reported with its time until the guest arms again, and beside an armed timer`()
    {
        let seen = FireEvidence.seen(Fire(time: "2026-11-27T11:26:46+01:00", action: "reset"))
        let waiting = verdict(.running, .booted, .notArmed, fire: seen)
        #expect(waiting.kind == .notArmed)
        #expect(
            waiting.reason.hasPrefix("fired at 2026-11-27T11:26:46+01:00, not armed again yet"))
        #expect(!waiting.reason.contains("driver"))
        let shown = verdict(.running, .booted, .notArmed, fire: .shownByDevice)
        #expect(shown.kind == .notArmed)
        #expect(shown.reason.hasPrefix("fired in this run (time unknown"))
        #expect(shown.reason.contains("not armed again yet"))
        let again = verdict(.running, .booted, .armed, fire: seen)
        #expect(again.kind == .protected)
        #expect(again.reason.hasSuffix("it last fired at 2026-11-27T11:26:46+01:00"))
        #expect(verdict(.running, .booted, .armed, fire: .shownByDevice).kind == .protected)
        #expect(verdict(.running, .booted, .unknown("x"), fire: seen).kind == .unknown)
        let paused = verdict(.paused, .watchdog, .notArmed, fire: seen)
        #expect(paused.kind == .fired)
        #expect(paused.reason.contains("fired at 2026-11-27T11:26:46+01:00 and paused it"))
    }

    @Test(
        arguments: [
            (.shutdown, nil), (.destroyed, nil), (.crashed, "kernel panicked"),
            (.failed, "its last start failed"), (.daemon, "a hook failed"),
        ] as [(Situation.Reason, String?)])
    func `An unwanted end of a run is reported with its reason`(
        reason: Situation.Reason, text: String?
    ) {
        let situation = Situation(state: .shutOff, reason: reason)
        let verdict = Verdict(.builtIn, inactive: Self.persistent(), situation: situation)
        #expect(verdict.kind == .protectedAtStart)
        #expect(text.map(verdict.reason.contains) ?? !verdict.reason.contains(";"))
    }

    @Test func `A guest that has not started its timer is not armed`() {
        let verdict = verdict(Self.pc([Self.ours]), nil, [.notArmed])
        #expect(verdict.kind == .notArmed)
        #expect(verdict.reason.contains("RuntimeWatchdogSec"))
    }

    @Test func `A guest without a watchdog is unprotected, with the plan's reason`() {
        let verdict = verdict(Self.pc())
        #expect(verdict.kind == .unprotected)
        #expect(verdict.reason.contains("has no watchdog"))
        #expect(verdict.reason.contains("virt-watchdog apply"))
        let isapc = GuestFacts(name: "old", arch: "x86_64", machine: "isapc", isLive: true)
        let refused = self.verdict(isapc)
        #expect(refused.kind == .unprotected)
        #expect(refused.reason.contains("no PCI bus"))
        #expect(!refused.reason.contains("apply"))
    }

    @Test func `A watchdog of action none protects no guest, whatever chose the action`() {
        let none = Watchdog(model: "i6300esb", action: "none")
        #expect(verdict(Self.pc([none]), nil, [.armed]).kind == .unprotected)
        let wanted = verdict(Self.pc([none]), nil, [.armed], Policy(action: .none))
        #expect(wanted.kind == .unprotected)
        #expect(wanted.reason.contains("action 'none'"))
    }

    @Test(arguments: [
        Policy(exclude: [GuestPattern("i-*")]), Policy(include: [GuestPattern("web")]),
        Policy(model: .none),
    ])
    func `A guest that the policy leaves alone is excluded`(policy: Policy) {
        #expect(verdict(Self.pc(), nil, [], policy).kind == .excluded)
        #expect(Verdict(policy, inactive: Self.persistent()).kind == .excluded)
    }

    @Test func `A guest whose own metadata opts out is excluded`() {
        let guest = PlanTests.pc { $0.guestPolicy = GuestPolicy(attributes: [("enabled", "no")]) }
        #expect(verdict(guest).kind == .excluded)
    }

    @Test(arguments: [nil, Self.persistent(), Self.persistent([Self.ours])])
    func `A guest whose watchdog the operator removed is excluded, whatever its next start adds`(
        persistent: GuestFacts?
    ) {
        var guest = Self.pc()
        guest.isOptedOutOfRun = true
        let verdict = verdict(guest, persistent)
        #expect(verdict.kind == .excluded)
        #expect(verdict.reason.contains("has removed the watchdog from this run"))
        #expect(verdict.reason.contains("run virt-watchdog apply GUEST"))
        guest.watchdogs = [Watchdog(model: "ib700", action: "none")]
        #expect(self.verdict(guest, persistent, [.armed]).kind == .excluded)
    }

    @Test(arguments: [
        Policy(exclude: [GuestPattern("*")]), Policy(model: .none),
        Policy(include: [GuestPattern("x")]),
    ])
    func `A guest that is left alone and has a watchdog that acts is no success`(policy: Policy) {
        let none = Watchdog(model: "i6300esb", action: "none")
        let cases: [(Watchdog, TimerState, String?)] = [
            (Self.ours, .armed, "still acts: reset; run virt-watchdog remove GUEST"),
            (Self.ours, .notArmed, "still acts: reset; run virt-watchdog remove GUEST"),
            (Self.ours, .unknown("x"), "still acts: reset"),
            (
                Watchdog(model: "ib700", action: "pause"), .armed,
                "still acts: pause; remove it from"
            ),
            (Self.implicit, .armed, "still acts: reset; set its action to 'none'"),
            (Self.implicit, .notArmed, nil), (none, .armed, nil),
        ]
        for (watchdog, timer, text) in cases {
            let guest = PlanTests.q35 { $0.watchdogs = [watchdog] }
            let verdict = verdict(guest, nil, [timer], policy)
            #expect(verdict.kind == (text == nil ? .excluded : .excludedStillActs), "\(watchdog)")
            #expect(verdict.kind.isFine == (text == nil))
            #expect(verdict.reason.contains(text ?? verdict.reason), "\(verdict.reason)")
        }
    }

    @Test func `Metadata with an error is no success, also with a watchdog that acts`() {
        let guest = PlanTests.pc {
            $0.guestPolicy = GuestPolicy(attributes: [("action", "resett")])
            $0.watchdogs = [Self.ours]
        }
        let verdict = verdict(guest, nil, [.armed])
        #expect(verdict.kind == .conflict)
        #expect(verdict.reason.contains("'resett'"))
    }

    @Test func `Every verdict has a phrase that fits a table`() {
        for timer in [TimerState.armed, .notArmed, .unknown("x")] {
            for (state, reason) in [
                (GuestState.running, Situation.Reason.booted), (.paused, .user),
                (.paused, .ioError),
                (.paused, .watchdog), (.crashed, .panicked), (.running, .postCopyFailed),
                (.noState, .other),
            ] {
                let phrase = verdict(state, reason, timer).phrase
                #expect((1...24).contains(phrase.count), "\(phrase)")
            }
        }
    }

    @Test func `A definition that has what the running guest lacks is pending`() {
        let ib700 = Self.persistent([Watchdog(model: "ib700")])
        let verdict = verdict(Self.pc(), ib700)
        #expect(verdict.kind == .pendingColdBoot)
        #expect(verdict.reason.contains("'ib700' with action 'reset'"))
        #expect(verdict.reason.contains("virt-watchdog apply"))
        let cold = self.verdict(Self.pc(), ib700, [], Policy(model: .model(.ib700)))
        #expect(cold.kind == .pendingColdBoot)
        #expect(!cold.reason.contains("virt-watchdog apply"))
    }

    @Test func `A live action that is not the definition's or the policy's is a conflict`() {
        let pause = Watchdog(model: "i6300esb", action: "pause")
        let definition = verdict(Self.pc([Self.ours]), Self.persistent([pause]), [.armed])
        #expect(definition.kind == .conflict)
        #expect(definition.reason.contains("'reset'"))
        #expect(definition.reason.contains("'pause'"))
        let align = verdict(Self.pc([pause]), nil, [.armed], Policy(existing: .align))
        #expect(align.kind == .conflict)
        #expect(verdict(Self.pc([pause]), nil, [.armed]).kind == .protected)
        #expect(
            verdict(Self.pc([Self.ours]), Self.persistent([Self.ours]), [.armed]).kind == .protected
        )
    }

    @Test func `An aligned guest is judged by the action in force, and so is its next start`() {
        let none = Watchdog(model: "i6300esb", action: "none")
        let align = Policy(existing: .align)
        let live = PlanTests.pc {
            $0.watchdogs = [none]
            $0.effectiveAction = "reset"
        }
        #expect(verdict(live, nil, [.armed], align).kind == .protected)
        #expect(verdict(live, Self.persistent([none]), [.armed], align).kind == .protected)
        let unhooked = Verdict(
            align, live: live, persistent: Self.persistent([none]),
            evidence: Verdict.Evidence(timers: [.armed]), hookInstalled: false)
        #expect(unhooked.kind == .conflict)
        // Kept, it is gone with this run.
        #expect(verdict(live, Self.persistent([none]), [.armed]).kind == .conflict)
        let waiting = verdict(Self.pc([none]), nil, [.armed], align)
        #expect(waiting.kind == .unprotected)
        #expect(waiting.reason.contains("; run virt-watchdog apply"))

        #expect(Verdict(align, inactive: Self.persistent([none])).kind == .protectedAtStart)
        let unhookedOff = Verdict(align, inactive: Self.persistent([none]), hookInstalled: false)
        #expect(!unhookedOff.reason.contains("run virt-watchdog apply"), "it does not run")
        #expect(
            verdict(live, Self.persistent([none]), [.armed]).reason
                .contains("set vm.watchdog.existing=align"))
        #expect(unhooked.reason.contains("virt-watchdog apply --config"))
        #expect(
            Verdict(align, inactive: Self.persistent([none]), hookInstalled: false).kind
                == .unprotected)
        #expect(
            NextBoot(align, persistent: Self.persistent([none]))
                == .hook(WatchdogDevice(model: .i6300esb, action: .reset)))
        #expect(
            NextBoot(align, persistent: Self.persistent([none]), hookInstalled: false)
                == .definition(none))
        let dump = Watchdog(model: "i6300esb", action: "dump")
        #expect(NextBoot(align, persistent: Self.persistent([dump])) == .definition(dump))
    }

    @Test func `The chipset's own watchdog counts once the guest has started it`() {
        let q35 = PlanTests.q35 { $0.watchdogs = [Self.implicit] }
        #expect(verdict(q35, nil, [.notArmed]).kind == .unprotected)
        let doubtful = verdict(q35, nil, [.unknown("")])
        #expect(doubtful.kind == .unprotected)
        #expect(doubtful.reason.contains("iTCO is unknown"))
        #expect(!verdict(q35, nil, [.notArmed]).reason.contains("iTCO is unknown"))
        #expect(verdict(q35, nil, [.armed]).kind == .protected)
        let both = PlanTests.q35 { $0.watchdogs = [Self.implicit, Self.ours] }
        #expect(verdict(both, nil, [.notArmed, .notArmed]).kind == .notArmed)
        #expect(verdict(both, nil, [.armed, .notArmed]).kind == .protected)
        #expect(verdict(both, nil, [.unknown(""), .armed]).kind == .protected)
    }

    @Test func `The chipset's own watchdog counts where the policy asks for it`() {
        let policy = Policy(model: .model(.itco))
        let q35 = PlanTests.q35 { $0.watchdogs = [Self.implicit] }
        #expect(verdict(q35, q35, [.notArmed], policy).kind == .notArmed)
        #expect(verdict(q35, q35, [.armed], policy).kind == .protected)
        #expect(Verdict(policy, inactive: q35).kind == .protectedAtStart)
        #expect(NextBoot(policy, persistent: q35) == .definition(Self.implicit))
    }

    @Test func `Without a hook on the host nothing is promised for the next start`() {
        let verdict = Verdict(.builtIn, inactive: Self.persistent(), hookInstalled: false)
        #expect(verdict.kind == .unprotected)
        #expect(verdict.reason.contains("virt-watchdog doctor"))
        #expect(NextBoot(.builtIn, persistent: Self.persistent(), hookInstalled: false) == .nothing)
        #expect(
            Verdict(.builtIn, inactive: Self.persistent([Self.ours]), hookInstalled: false).kind
                == .protectedAtStart)
    }

    @Test func `A warning of the plan is reported`() {
        let destroy = PlanTests.pc {
            $0.watchdogs = [Self.ours]
            $0.onReboot = "destroy"
        }
        #expect(verdict(destroy, nil, [.armed]).reason.contains("warning: on_reboot is 'destroy'"))
        #expect(Verdict(.builtIn, inactive: destroy).reason.contains("warning: on_reboot"))
        #expect(!verdict(Self.pc([Self.ours]), nil, [.armed]).reason.contains("warning"))
    }

    @Test(
        arguments: [
            (nil, true), ("destroy", true), ("preserve", true), ("coredump-destroy", true),
            ("restart", false), ("coredump-restart", false), ("rename-restart", false),
        ] as [(String?, Bool)])
    func `A panic device whose on_crash restarts nothing is warned of`(
        onCrash: String?, isTold: Bool
    ) {
        var facts = Self.pc([Self.ours])
        facts.onCrash = onCrash
        #expect(!verdict(facts, nil, [.armed]).reason.contains("panic"))
        facts.hasPanicDevice = true
        let verdict = verdict(facts, nil, [.armed])
        #expect(verdict.reason.contains("a kernel panic never reaches the watchdog") == isTold)
        #expect(verdict.reason.contains("on_crash '\(onCrash ?? "destroy")'") == isTold)
        #expect(verdict.reason.contains("crash restart --live --config") == isTold)
        #expect(verdict.kind == .protected)
    }

    @Test
    func `A guest without a watchdog under a faulty policy is unprotected, with the reason`() {
        let policy = Policy(fault: "/etc/x:2:20: unknown value")
        #expect(verdict(Self.pc(), nil, [], policy).kind == .unprotected)
        #expect(verdict(Self.pc(), nil, [], policy).reason.contains("/etc/x:2:20"))
        #expect(verdict(Self.pc([Self.ours]), nil, [.armed], policy).kind == .protected)
    }

    @Test func `A guest that is shut off is judged by its next start`() {
        #expect(Verdict(.builtIn, inactive: Self.persistent()).kind == .protectedAtStart)
        #expect(
            Verdict(.builtIn, inactive: Self.persistent()).reason.contains("virt-watchdog adds"))
        #expect(Verdict(.builtIn, inactive: Self.persistent([Self.ours])).kind == .protectedAtStart)
        let none = Self.persistent([Watchdog(model: "i6300esb", action: "none")])
        #expect(Verdict(.builtIn, inactive: none).kind == .unprotected)
        let ib700 = Policy(model: .model(.ib700))
        #expect(Verdict(ib700, inactive: Self.persistent()).kind == .unprotected)
    }

    @Test func `The next boot has the watchdog that a cold start will bring`() {
        #expect(NextBoot(.builtIn, persistent: nil) == .transient)
        let hook = NextBoot(.builtIn, persistent: Self.persistent())
        #expect(hook == .hook(WatchdogDevice(model: .i6300esb, action: .reset)))
        #expect((hook.source, hook.model, hook.action) == ("hook", "i6300esb", "reset"))
        let ib700 = Watchdog(model: "ib700", action: "pause")
        let definition = NextBoot(.builtIn, persistent: Self.persistent([ib700]))
        #expect(definition == .definition(ib700))
        #expect((definition.model, definition.action) == ("ib700", "pause"))
        #expect(NextBoot(Policy(model: .none), persistent: Self.persistent()) == .nothing)
        let implicit = PlanTests.q35 {
            $0.isLive = false
            $0.watchdogs = [Self.implicit]
        }
        #expect(NextBoot(Policy(model: .none), persistent: implicit) == .nothing)
    }

    @Test func `Verdicts are sorted by severity`() {
        #expect(
            Verdict.Kind.allCases.map(\.rawValue) == [
                "crashed", "fired", "unknown", "unprotected", "conflict",
                "excluded, still acts", "halted", "not armed", "pending cold boot", "paused",
                "protected", "protected at start", "excluded",
            ])
        #expect(
            Verdict.Kind.allCases.filter(\.isFine)
                == [.paused, .protected, .protectedAtStart, .excluded])
    }
}
