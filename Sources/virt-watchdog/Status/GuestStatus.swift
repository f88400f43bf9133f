import Libvirt
import Protector
import TimerProbe
import WatchdogPolicy

/// How things stand with a guest.
struct GuestStatus: Sendable {
    var name: String
    var uuid: String
    var situation: Situation
    var isActive: Bool
    /// The live definition while the guest runs, else the persistent one.
    var facts: GuestFacts
    /// The persistent definition, where there is one.
    var persistent: GuestFacts?
    /// The state of its timers; nothing is known of a guest that is shut off.
    var timers: TimerReader.Reading
    /// Why the guest does not answer, if that is known.
    var silence: String?
    /// The last fire in this run that virt-watchdogd saw.
    var lastFire: Fire?

    /// Makes a status of an inspection and of the service's state, if a service runs.
    init(_ inspection: Inspection, uuid: String, _ service: ServiceState?) {
        self.uuid = uuid
        name = inspection.facts.name
        situation = inspection.situation
        isActive = inspection.facts.isLive
        facts = inspection.facts
        persistent = inspection.persistent
        timers = inspection.timers
        silence = inspection.silence
        lastFire = service?.report.fire(of: uuid, in: inspection.run)
    }

    /// What becomes of the guest if it hangs.
    ///
    /// - Parameter hookInstalled: Whether the hook sees to guests that start.
    func verdict(_ policy: Policy, _ hookInstalled: Bool) -> Verdict {
        isActive
            ? Verdict(
                policy, live: facts, persistent: persistent, evidence: evidence,
                hookInstalled: hookInstalled)
            : Verdict(policy, inactive: facts, situation: situation, hookInstalled: hookInstalled)
    }

    private var evidence: Verdict.Evidence {
        let shown: FireEvidence? = timers.showsFire ? .shownByDevice : nil
        return Verdict.Evidence(
            situation: situation, timers: timers.timers, silence: silence,
            fire: lastFire.map(FireEvidence.seen) ?? shown)
    }

    /// The state of the timer that matters, or nothing where there is none that runs.
    var timer: TimerState? { facts.timer(among: timers.timers) }

    /// What it will have after its next cold start.
    ///
    /// - Parameter hookInstalled: Whether the hook sees to guests that start.
    func nextBoot(_ policy: Policy, _ hookInstalled: Bool) -> NextBoot {
        NextBoot(policy, persistent: persistent, hookInstalled: hookInstalled)
    }
}
