import DomainXML
import Hypervisor
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
    /// What its timers are doing; of a guest that is shut off nothing is known.
    var timers: TimerReader.Reading

    /// Reads a guest.
    init(of guest: Guest, timers reader: TimerReader) throws {
        name = guest.name
        uuid = guest.uuid
        var state = try guest.state()
        facts = try guest.facts()
        isActive = facts.isLive
        // It may have been started or shut off in between.
        if isActive == (state == .shutOff) { state = try guest.state() }
        self.state = state
        timers = TimerReader.Reading(timers: [])
        guard isActive else {
            persistent = facts
            return
        }
        if try guest.isPersistent() {
            persistent = try guest.persistentFacts()
        }
        try readTimers(of: guest, reader)
    }

    /// Reads the timers of a guest that runs.
    mutating func readTimers(of guest: Guest, _ reader: TimerReader) throws {
        guard !facts.watchdogs.isEmpty else { return }
        if try guest.isControllable() {
            timers = reader.read(facts, of: guest)
        } else {
            let doubt = "libvirt has an operation on the guest under way"
            timers.timers = facts.watchdogs.map { _ in .unknown(doubt) }
        }
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
