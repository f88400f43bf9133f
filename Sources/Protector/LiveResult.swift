// SPDX-License-Identifier: Apache-2.0

package import WatchdogPolicy

/// The result of carrying out a plan on a running guest.
package struct LiveResult: Sendable, Hashable {
    /// The change, or the reason for none.
    package enum Result: String, Sendable, Hashable {
        /// The device was hot-plugged, and the live domain XML shows it.
        case attached
        /// The guest matched already.
        case unchanged
        /// The existing watchdogs got another action through QEMU's monitor.
        case aligned
        /// The policy does not fit a running guest. The plan has the reason.
        case unprotected
    }

    /// The facts of the last read.
    package var facts: GuestFacts
    /// The plan.
    package var plan: Plan
    package var result: Result

    package init(facts: GuestFacts, plan: Plan, result: Result) {
        self.facts = facts
        self.plan = plan
        self.result = result
    }

    /// The explanation for the operator, as a clause.
    package var reason: String { plan.reason }

    /// Whether the guest matches the policy.
    package var isConverged: Bool { result != .unprotected }
}
