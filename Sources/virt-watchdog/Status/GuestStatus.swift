import Hypervisor
import Protector
import WatchdogPolicy

/// How things stand with a guest.
struct GuestStatus: Sendable {
    var name: String
    var uuid: String
    var state: GuestState
    var isActive: Bool
    /// The live definition while the guest runs, else the persistent one.
    var facts: GuestFacts
    /// The persistent definition, where there is one.
    var persistent: GuestFacts?
    /// The state of its timers; nothing is known of a guest that is shut off.
    var timers: TimerReader.Reading
    /// Why the guest does not answer, if that is known.
    var silence: String?

    init(_ inspection: Inspection, uuid: String) {
        self.uuid = uuid
        name = inspection.facts.name
        state = inspection.state
        isActive = inspection.facts.isLive
        facts = inspection.facts
        persistent = inspection.persistent
        timers = inspection.timers
        silence = inspection.silence
    }

    /// What becomes of the guest if it hangs.
    ///
    /// - Parameter isHooked: Whether the hook sees to guests that start.
    func verdict(_ policy: Policy, _ isHooked: Bool) -> Verdict {
        isActive
            ? Verdict(
                policy, live: facts, persistent: persistent, timers: timers.timers,
                isHooked: isHooked)
            : Verdict(policy, inactive: facts, isHooked: isHooked)
    }

    /// The state of the timer that matters, or nothing where there is none that runs.
    var timer: TimerState? { facts.timer(among: timers.timers) }

    /// What it will have after its next cold start.
    ///
    /// - Parameter isHooked: Whether the hook sees to guests that start.
    func nextBoot(_ policy: Policy, _ isHooked: Bool) -> NextBoot {
        NextBoot(policy, persistent: persistent, isHooked: isHooked)
    }
}
