// SPDX-License-Identifier: Apache-2.0

package import TimerProbe
package import WatchdogPolicy

/// Everything that `status` shows of a guest.
package struct Inspection: Sendable, Hashable {
    /// The guest's state.
    package var situation: Situation
    /// The facts in the live domain XML, or in the persistent one of a guest that is shut off.
    ///
    /// Only records of the present run count.
    package var facts: GuestFacts
    /// The facts in the persistent domain XML, or `nil` without one.
    package var persistent: GuestFacts?
    /// The state of the timers. It is empty for a guest that is shut off.
    package var timers: TimerReader.Reading
    /// The guest's run, or `nil` if it is unknown.
    package var run: RunID?
    /// The QEMU process, if a signal has stopped it.
    package var stoppedProcess: Int32?

    package init(
        situation: Situation, facts: GuestFacts, persistent: GuestFacts? = nil,
        timers: TimerReader.Reading = TimerReader.Reading(timers: [])
    ) {
        self.situation = situation
        self.facts = facts
        self.persistent = persistent
        self.timers = timers
    }

    /// The cause and the fix if the guest does not answer, or `nil` if no cause is known.
    package var silence: String? {
        stoppedProcess.map {
            "the guest does not answer: a signal has stopped its QEMU process \($0); resume or end it"
        }
    }
}
