// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import System
import SystemPackage
import VerifyGuest
import WatchdogPolicy

/// A proof that this host's watchdogs act: it starts a guest that hangs, and observes the result.
final class Verification {
    /// The reason why the hook may not have given a guest its watchdog.
    struct Absence {
        /// The fault, if one was found.
        var cause: String?
        /// The fix.
        var remedy: String?
        /// Whether waiting longer is useless.
        var isCertain = false
    }

    /// The usual time until a guest has its watchdog.
    private static let usualTime = Duration.seconds(3)

    /// The time that an interrupted run waits for libvirt to start the guest.
    ///
    /// libvirt removes a guest that starts later when the connection closes.
    private static let interruptedTimeout = Duration.seconds(3)
    /// The time limit for removing the guest, in seconds.
    private static let removalTimeout = 30

    private let connection: Connection
    private let loop: EventLoop
    private let machine: VerifyGuest.Machine
    private let policy: Policy
    /// Looks for a fault of the hook.
    private let explainAbsence: () -> Absence
    /// Takes the result of each step.
    private let report: (VerifyStepResult) -> Void
    private let start = ContinuousClock.now
    private var guest: Guest?
    private var console: Console?
    private var events: WatchdogEvents?
    /// Whether everything was removed.
    private(set) var isTidy = true
    /// The action of the guest's watchdog.
    private(set) var action: String?

    init(
        of machine: VerifyGuest.Machine, on connection: Connection, _ loop: EventLoop,
        _ policy: Policy, explainAbsence: @escaping () -> Absence,
        report: @escaping (VerifyStepResult) -> Void
    ) {
        self.machine = machine
        self.connection = connection
        self.loop = loop
        self.policy = policy
        self.explainAbsence = explainAbsence
        self.report = report
    }

    /// Runs the steps until one fails, and removes the guest.
    ///
    /// - Returns: Whether all steps succeeded.
    func run() -> Bool {
        defer { tidyUp() }
        return VerifyStep.allCases.allSatisfy { step in
            do throws(VerifyFailure) {
                let message = try Progress.during("waiting for \(step.rawValue)") {
                    () throws(VerifyFailure) in try take(step)
                }
                add(step, isDone: true, message, remedy: nil)
                return true
            } catch {
                add(step, isDone: false, error.message, remedy: error.remedy)
                return false
            }
        }
    }

    private func add(_ step: VerifyStep, isDone: Bool, _ message: String, remedy: String?) {
        report(
            VerifyStepResult(
                step: step, isDone: isDone,
                seconds: (ContinuousClock.now - start).milliseconds.rounded() / 1000,
                message: message,
                remedy: remedy))
    }

    /// Removes the guest, over a new connection if the daemon was restarted.
    ///
    /// A restarted daemon does not remove the guest when the first connection closes.
    private func tidyUp() {
        console = nil
        events = nil
        guard let guest else { return }
        let isGone = TimedCall.run(timeout: Self.removalTimeout) {
            for _ in 0..<Self.removalTimeout {
                do throws(LibvirtError) {
                    try guest.destroyIfPresent()
                    return true
                } catch {
                    Thread.sleep(seconds: 1)
                }
            }
            return false
        }
        isTidy = isGone == true
        self.guest = nil
    }

    private func take(_ step: VerifyStep) throws(VerifyFailure) -> String {
        switch step {
        case .started: try startGuest()
        case .attached: try seeWatchdog()
        case .armed: try seeLine(VerifyGuest.Line.armed, "the guest found it and started its timer")
        case .fired: try seeEvent()
        case .effect: try seeEffect()
        }
    }

    // MARK: Steps

    private func startGuest() throws(VerifyFailure) -> String {
        let type = connection.supports(type: "qemu", machine: machine.rawValue) ? "qemu" : "kvm"
        let image = try image()
        let definition = VerifyGuest(machine: machine, type: type, imagePath: image.path).definition
        let connection = connection
        var interrupted: ContinuousClock.Instant?
        let answer = TimedCall.run(
            timeout: VerifyStep.started.limit,
            unless: {
                guard InterruptFlag.happened else { return false }
                let since = interrupted ?? .now
                interrupted = since
                return ContinuousClock.now - since > Self.interruptedTimeout
            },
            {
                Result { () throws(LibvirtError) in
                    try connection.startTransientGuest(definition)
                }
            })
        // QEMU has read the image, or never will.
        image.remove()
        guard let answer else {
            throw interruption
                ?? VerifyFailure(
                    message: "libvirt has not started the guest in time",
                    remedy: "check the other hooks in /etc/libvirt/hooks")
        }
        try asking(
            "the guest does not start", "see libvirt's log, and run virt-watchdog doctor"
        ) {
            () throws(LibvirtError) in
            let guest = try answer.get()
            self.guest = guest
            console = try Console(of: guest)
            events = try WatchdogEvents(of: guest)
        }
        return "\(VerifyGuest.name), machine \(machine.rawValue), type \(type)"
    }

    private func image() throws(VerifyFailure) -> SharedFile {
        do throws(Errno) {
            return try SharedFile(named: VerifyGuest.name + ".img", GuestImage.bytes)
        } catch {
            throw VerifyFailure(
                message: "cannot write the guest's image: \(error)",
                remedy: "free space in /run (/tmp without root), and remove \(VerifyGuest.name).img"
                    + " of an earlier run")
        }
    }

    private func seeWatchdog() throws(VerifyFailure) -> String {
        var found: GuestFacts?
        var absence: Absence?
        let start = ContinuousClock.now
        let isThere = try wait(for: .attached) { () throws(VerifyFailure) in
            let facts = try facts()
            found = facts
            if absence == nil, ContinuousClock.now - start > Self.usualTime {
                absence = explainAbsence()
            }
            let plan = Plan(for: facts, under: policy)
            // Next to an iTCO of another action, the device gets the policy's action a moment
            // later.
            return facts.i6300esb != nil && !plan.changesLiveGuest
                || HookDecision(plan: plan).keepsHookAway || absence?.isCertain == true
        }
        guard isThere, let watchdog = found?.i6300esb else {
            throw reason(for: absence ?? explainAbsence(), found)
        }
        action = watchdog.action
        let who = watchdog.isOwned ? "the hook ran and attached" : "another program attached"
        return "\(who) \(watchdog.model) with action \(watchdog.action)"
    }

    /// Returns the reason why no watchdog came.
    private func reason(for absence: Absence, _ facts: GuestFacts?) -> VerifyFailure {
        if let facts {
            let plan = Plan(for: facts, under: policy)
            if HookDecision(plan: plan).keepsHookAway {
                return VerifyFailure(
                    message: "the policy gives a guest named \(VerifyGuest.name) no watchdog:"
                        + " \(plan.reason)",
                    remedy: HookDecision(plan: plan).remedy)
            }
            if facts.i6300esb != nil {
                return VerifyFailure(
                    message: "the guest's watchdog does not have the policy's action:"
                        + " \(plan.reason)",
                    remedy: "see the protector's log: journalctl -t virt-watchdog")
            }
        }
        return VerifyFailure(
            message: "the guest got no watchdog" + (absence.cause.map { ": \($0)" } ?? ""),
            remedy: absence.remedy
                ?? "see the log of hook and protector: journalctl -t virt-watchdog")
    }

    private func seeLine(
        _ line: String, count: Int = 1, _ message: String
    ) throws(VerifyFailure) -> String {
        let step: VerifyStep = count == 1 ? .armed : .effect
        var lines: [String] = []
        let isThere = try wait(for: step) {
            lines = console?.lines() ?? []
            return lines.count { $0.hasPrefix(line) } >= count
                || lines.contains { $0.hasPrefix(VerifyGuest.Line.failed) }
        }
        if let failure = lines.first(where: { $0.hasPrefix(VerifyGuest.Line.failed) }) {
            throw VerifyFailure(
                message: "the guest says: \(quoted(failure))", remedy: Self.reportRemedy)
        }
        guard isThere else {
            throw VerifyFailure(
                message: lines.isEmpty
                    ? "the guest prints nothing: its firmware does not start it"
                    : "the guest last printed \(quoted(lines[lines.count - 1]))",
                remedy: lines.isEmpty
                    ? "install SeaBIOS (package seabios), and see /var/log/libvirt/qemu"
                    : Self.reportRemedy)
        }
        return message
    }

    private func seeEvent() throws(VerifyFailure) -> String {
        let isThere = try wait(for: .fired) { events?.actions.isEmpty == false }
        guard isThere, let done = events?.actions.first else {
            throw VerifyFailure(
                message: "the guest hangs with its timer started, and no watchdog event came",
                remedy: "reduce the host's load and retry; otherwise, \(Self.reportRemedy)")
        }
        // QEMU pauses a guest while libvirt dumps it.
        let expected = action == WatchdogAction.dump.rawValue ? "pause" : action
        guard done == expected else {
            throw VerifyFailure(
                message: "the watchdog fired, and QEMU did '\(done)' instead of"
                    + " \(quoted(action ?? ""))",
                remedy: "find the program that changes watchdog actions on this host")
        }
        return "the watchdog noticed the hang: action \(action ?? done)"
    }

    private func seeEffect() throws(VerifyFailure) -> String {
        switch action.flatMap(WatchdogAction.init(rawValue:)) {
        case .reset:
            return try seeLine(
                VerifyGuest.Line.booted, count: 2, "the guest was reset and boots again")
        case .pause:
            guard try wait(for: .effect, until: { (try? guest?.situation().state) == .paused })
            else {
                throw VerifyFailure(
                    message: "the guest was not paused", remedy: Self.reportRemedy)
            }
            return "the guest is paused"
        case .poweroff:
            guard try wait(for: .effect, until: { (try? guest?.isRunning()) != true }) else {
                throw VerifyFailure(
                    message: "the guest was not powered off", remedy: Self.reportRemedy)
            }
            return "the guest is off"
        case .some(.none), nil:
            throw VerifyFailure(
                message:
                    "nothing happened to the guest: the policy's action is 'none'",
                remedy: "set vm.watchdog.action=reset")
        case .shutdown: return "QEMU asked the guest to shut down, which a hung guest does not do"
        case .injectNMI: return "QEMU sent the guest an NMI, which has no visible effect"
        case .dump: return "libvirt dumps the guest's memory, and verify does not wait for it"
        }
    }

    // MARK: Waiting

    private static let reportRemedy =
        "run virt-watchdog doctor; if that finds nothing, report it with the output of"
        + " virt-watchdog verify --json"

    private var interruption: VerifyFailure? {
        InterruptFlag.happened
            ? VerifyFailure(message: "interrupted", remedy: "run virt-watchdog verify again") : nil
    }

    /// Waits for a condition, within the step's time limit.
    ///
    /// - Returns: Whether the condition became true.
    private func wait(
        for step: VerifyStep, until holds: () throws(VerifyFailure) -> Bool
    ) throws(VerifyFailure) -> Bool {
        let deadline = ContinuousClock.now + .seconds(step.limit)
        while try !holds() {
            if let interruption { throw interruption }
            guard connection.isAlive else {
                throw VerifyFailure(
                    message: "the connection to libvirt was lost",
                    remedy: "see why its daemon ended, then run virt-watchdog verify again")
            }
            guard ContinuousClock.now < deadline else { return false }
            try asking("cannot read libvirt's events", "check that libvirtd still runs") {
                () throws(LibvirtError) in try loop.turn()
            }
        }
        return true
    }

    private func facts() throws(VerifyFailure) -> GuestFacts {
        let definition = try asking("the guest is gone", "see libvirt's log") {
            () throws(LibvirtError) in try guest?.definition() ?? ""
        }
        do throws(TreatmentError) {
            var facts = try DomainXMLReader.facts(in: definition)
            facts.trustRecords(of: guest?.run)
            return facts
        } catch {
            throw VerifyFailure(message: "\(error)", remedy: Self.reportRemedy)
        }
    }

    private func asking<Answer>(
        _ failure: String, _ remedy: String, _ question: () throws(LibvirtError) -> Answer
    ) throws(VerifyFailure) -> Answer {
        do throws(LibvirtError) {
            return try question()
        } catch {
            throw VerifyFailure(message: "\(failure): libvirt says: \(error)", remedy: remedy)
        }
    }
}

/// The hook's decision about the guest of `verify`.
private struct HookDecision {
    var plan: Plan

    /// Whether the policy excludes the guest from the hook.
    var keepsHookAway: Bool {
        switch plan.decision {
        case .leave(.asWanted), .leave(.keptAction), .leave(.otherModel), .attach, .changeAction:
            false
        case .leave, .coldPlug, .refuse: true
        }
    }

    /// The fix if the policy excludes the guest of `verify`.
    var remedy: String {
        switch plan.decision {
        case .leave(.excluded):
            "add virt-watchdog-verify-* to vm.watchdog.include, or remove it from"
                + " vm.watchdog.exclude; virt-watchdog config shows both"
        case .leave(.modelNone): "set vm.watchdog.model=i6300esb"
        case .leave: "fix the errors that virt-watchdog config shows"
        case .coldPlug(_, .sharedAction(let watchdog)):
            "such machines have an \(watchdog.model) from libvirt, whose action all watchdogs share:"
                + " set vm.watchdog.action=\(watchdog.action)"
        case .attach, .changeAction, .coldPlug, .refuse:
            "set vm.watchdog.model=i6300esb, the only model for running guests"
        }
    }
}
