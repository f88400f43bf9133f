// SPDX-License-Identifier: Apache-2.0

/// Why a plan changes nothing.
package enum LeaveReason: Sendable, Hashable {
    /// The policy file has this error.
    case faultyPolicy(String)
    /// The guest's metadata has this error.
    case faultyGuestPolicy(String)
    /// `vm.watchdog.include` or `vm.watchdog.exclude` leaves the guest out.
    case excluded
    /// The guest's metadata wants no watchdog.
    case optedOut
    /// The operator removed our watchdog from this run of the guest.
    case removedFromRun
    /// The operator removed our watchdog, and the guest has not released the device yet.
    case removalPending
    /// The policy has `vm.watchdog.model=none`.
    case modelNone
    /// The guest already has the device.
    case asWanted(WatchdogDevice)
    /// The guest has a watchdog with another action, which the policy keeps.
    case keptAction(GuestFacts.Watchdog, wanted: WatchdogDevice)
    /// The guest has a watchdog of another model with the right action.
    case otherModel(GuestFacts.Watchdog, wanted: WatchdogDevice)
}

extension LeaveReason: CustomStringConvertible {
    /// The reason as `fact: cause; fix`.
    package var description: String {
        switch self {
        case .faultyPolicy(let fault):
            "cannot use the policy: \(fault)"
        case .faultyGuestPolicy(let fault):
            "cannot use the policy in the guest's metadata: \(fault)"
        case .excluded:
            "the policy does not cover the guest (vm.watchdog.include, vm.watchdog.exclude)"
        case .optedOut:
            "the guest's metadata wants no watchdog"
        case .removedFromRun:
            "virt-watchdog remove has removed the watchdog from this run of the guest;"
                + " to add it again, run virt-watchdog apply GUEST"
        case .removalPending:
            "virt-watchdog remove is removing the watchdog: the guest has not released it yet, and"
                + " loses it at its next reset at the latest"
        case .modelNone:
            "the policy adds no watchdog (vm.watchdog.model=none)"
        case .asWanted(let device):
            "the guest already has \(device)"
        case .keptAction(let watchdog, let wanted):
            "the guest already has a watchdog \(quoted(watchdog.model))\(watchdog.placeClause) with action"
                + " \(quoted(watchdog.action)); the policy's action is '\(wanted.action.rawValue)', but"
                + " vm.watchdog.existing=keep; to change the action, set vm.watchdog.existing=align"
        case .otherModel(let watchdog, let wanted):
            "the guest already has a watchdog \(quoted(watchdog.model)) with the policy's action;"
                + " virt-watchdog does not add '\(wanted.model.rawValue)' to it"
        }
    }
}

extension LeaveReason {
    /// Whether the guest is as the policy wants it, and else why not.
    package enum Outcome: String, Sendable, Hashable {
        /// The guest has the wanted watchdog, or another one with the same action.
        case fine
        /// The guest keeps a watchdog that acts in another way.
        case kept
        /// The guest keeps a watchdog whose action is `none`.
        case unprotected
        /// The policy or the operator wants no watchdog for the guest.
        case excluded
        /// The policy or the guest's metadata has an error.
        case faulty
    }

    package var outcome: Outcome {
        switch self {
        case .faultyPolicy, .faultyGuestPolicy: .faulty
        case .excluded, .optedOut, .removedFromRun, .removalPending, .modelNone: .excluded
        case .asWanted, .otherModel: .fine
        case .keptAction(let watchdog, _):
            watchdog.action == WatchdogAction.none.rawValue ? .unprotected : .kept
        }
    }

    /// The reason in a few words.
    var phrase: String {
        switch self {
        case .faultyPolicy: "policy not usable"
        case .faultyGuestPolicy: "error in its metadata"
        case .excluded: "excluded by its name"
        case .optedOut: "excluded by its metadata"
        case .removedFromRun: "removed for this run"
        case .removalPending: "removal not finished"
        case .modelNone: "vm.watchdog.model=none"
        case .asWanted: "matches the policy"
        case .keptAction(let watchdog, _): "keeps action \(printable(watchdog.action))"
        case .otherModel(let watchdog, _): "has its own \(printable(watchdog.model))"
        }
    }
}
