// SPDX-License-Identifier: Apache-2.0

package import WatchdogPolicy

/// A snapshot of a guest.
package struct Look: Sendable, Hashable {
    /// The facts in the live domain XML, or in the persistent one of a guest that is shut off.
    ///
    /// Call ``WatchdogPolicy/GuestFacts/trustRecords(of:hasArrived:)`` before you use the records.
    package var facts: GuestFacts
    /// The guest's state.
    package var situation: Situation
    /// Whether the guest is still migrating in.
    package var isArriving: Bool
    /// The guest's run, or `nil` if it is unknown.
    package var run: RunID?
    /// Whether a signal has stopped QEMU's process.
    package var isStopped: Bool

    package init(
        facts: GuestFacts, situation: Situation, isArriving: Bool = false, run: RunID? = nil,
        isStopped: Bool = false
    ) {
        self.facts = facts
        self.situation = situation
        self.isArriving = isArriving
        self.run = run
        self.isStopped = isStopped
    }
}
