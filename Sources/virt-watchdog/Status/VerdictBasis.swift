// SPDX-License-Identifier: Apache-2.0

import Libvirt
import WatchdogPolicy

/// What the verdicts on all guests depend on.
struct VerdictBasis {
    var policy: Policy
    var hook: HookPresence
    /// Why the policy in force is unknown, with a fix; `nil` if it is known.
    var policyDoubt: String?

    init(policy: Policy, hook: HookPresence, policyDoubt: String? = nil) {
        (self.policy, self.hook, self.policyDoubt) = (policy, hook, policyDoubt)
    }

    /// Creates the basis of a daemon's guests.
    ///
    /// A policy that this user cannot read is unknown, except for the user's own daemon: its hook
    /// cannot read the policy either, and changes no guest.
    init(_ report: PolicyReport, of connection: Connection) {
        self.init(
            policy: report.policy, hook: HookPresence(for: connection),
            policyDoubt: report.isClosed && !connection.isOwnDaemon ? report.policy.fault : nil)
    }

    /// Returns the consequence of a hang.
    func verdict(of status: GuestStatus) -> Verdict {
        let verdict =
            switch hook {
            case .installed: status.verdict(policy, true)
            case .missing: status.verdict(policy, false)
            case .unknown(let doubt): Verdict(despite: doubt) { status.verdict(policy, $0) }
            }
        return policyDoubt.map(verdict.withUnknownPolicy) ?? verdict
    }

    /// Returns the protection after the guest's next cold start.
    func nextBoot(of status: GuestStatus) -> NextBoot {
        if policyDoubt != nil { return .unknown }
        return switch hook {
        case .installed: status.nextBoot(policy, true)
        case .missing: status.nextBoot(policy, false)
        case .unknown: NextBoot(withUnknownHook: { status.nextBoot(policy, $0) })
        }
    }
}
