// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import TimerProbe
import WatchdogPolicy

/// The state of a guest and its watchdog.
struct GuestStatus: Sendable {
    var name: String
    var uuid: String
    var situation: Situation
    var isActive: Bool
    /// The facts in the live domain XML, or in the persistent one of a guest that is shut off.
    var facts: GuestFacts
    /// The facts in the persistent domain XML, or `nil` without one.
    var persistent: GuestFacts?
    /// The state of its timers. It is empty for a guest that is shut off.
    var timers: TimerReader.Reading
    /// The reason why the guest does not answer, or `nil` if none is known.
    var silence: String?
    /// The last fire in this run that virt-watchdogd saw.
    var lastFire: Fire?

    /// Combines an inspection with the service's state.
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

    /// Returns the consequence of a hang.
    ///
    /// - Parameter hookInstalled: Whether the hook treats guests that start.
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

    /// The state of the relevant timer, or `nil` if none runs.
    var timer: TimerState? { facts.timer(among: timers.timers) }

    /// Returns the protection after the guest's next cold start.
    ///
    /// - Parameter hookInstalled: Whether the hook treats guests that start.
    func nextBoot(_ policy: Policy, _ hookInstalled: Bool) -> NextBoot {
        NextBoot(policy, persistent: persistent, hookInstalled: hookInstalled)
    }
}
