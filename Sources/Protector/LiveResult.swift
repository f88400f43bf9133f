package import Libvirt
package import WatchdogPolicy

/// What came of carrying out a plan on a live guest.
package struct LiveResult: Sendable, Hashable {
    /// What was done.
    package enum Result: String, Sendable, Hashable {
        /// The device was hot-plugged and stands in the live definition.
        case attached
        /// There was nothing to do.
        case unchanged
        /// The watchdogs that were there got another action, through QEMU's monitor.
        case aligned
        /// The policy asks for what a running guest cannot be given; its reason is the plan's.
        case unprotected
    }

    /// The guest as it was found.
    package var facts: GuestFacts
    /// The plan that was carried out.
    package var plan: Plan
    /// What was done.
    package var result: Result

    /// Makes what came of a plan.
    package init(facts: GuestFacts, plan: Plan, result: Result) {
        self.facts = facts
        self.plan = plan
        self.result = result
    }

    /// Why, in a clause that an operator understands.
    package var reason: String { plan.reason }

    /// Whether the guest now is as the policy wants it.
    package var isConverged: Bool { result != .unprotected }
}

/// Why a plan could not be carried out.
package enum TreatmentError: Error, Sendable, Hashable {
    /// libvirt refused or failed.
    case libvirt(LibvirtError)
    /// libvirt's definition of the guest cannot be read.
    case definition(String)
    /// libvirt accepted what was done, yet the live definition does not show it.
    case notThere(Plan)
    /// The guest is on its way in from another host, and that takes longer than we wait.
    case stillArriving
    /// The guest does not answer, for that reason.
    case silent(String)
    /// The guest was not asked, since so many calls about other guests do not return.
    case notAsked(stuckCalls: Int)
    /// The guest was asked to release our device, and may still do so.
    case removalPending
    /// No time is left; the last error.
    case outOfTime(LibvirtError)

    /// Whether the guest is gone or does not run: nothing is left to do.
    package var isGuestGone: Bool {
        guard case .libvirt(let error) = self else { return false }
        return error.code == .noDomain || error.code == .operationInvalid
    }
}

extension TreatmentError: CustomStringConvertible {
    /// A clause with the remedy, where there is one.
    package var description: String { description(retryingWith: "virt-watchdog apply") }

    /// A clause with the remedy, where there is one.
    ///
    /// - Parameter command: The command to run once the cause is gone.
    package func description(retryingWith command: String) -> String {
        switch self {
        case .libvirt(let error): "libvirt says: \(error)"
        case .definition(let message): "libvirt's definition cannot be read: \(message)"
        case .notThere(let plan):
            "libvirt took the change, but the live definition does not show it: \(plan.reason)"
        case .stillArriving:
            "the guest is still migrating in; the service or a one-shot treats it once it runs here"
        case .silent(let reason):
            "the guest does not answer: \(reason); end or resume its QEMU process, then run"
                + " \(command)"
        case .notAsked(let count):
            "the guest was not asked: \(count) calls about other guests do not return; end or resume"
                + " their QEMU processes, or run \(command) with this guest's name alone"
        case .removalPending:
            "an earlier removal is pending: QEMU unplugs the watchdog when the guest answers, at its"
                + " next reset at the latest; then run \(command)"
        case .outOfTime(let error) where error.isOfOrphan:
            "QEMU has a watchdog that libvirt does not know of, as when libvirtd is killed while it"
                + " attaches one, and the guest does not release it: reset the guest, then run"
                + " \(command)"
        case .outOfTime(let error):
            "timed out; last libvirt error: \(error); retry: \(command)"
        }
    }
}
