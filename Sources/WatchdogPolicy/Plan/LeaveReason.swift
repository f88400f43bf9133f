/// Why a guest is left as it is.
package enum LeaveReason: Sendable, Hashable {
    /// The policy file has an error, quoted here with its place.
    case faultyPolicy(String)
    /// The guest's metadata has an error.
    case faultyGuestPolicy(String)
    /// The name is not included, or excluded.
    case excluded
    /// The guest's metadata says no.
    case optedOut
    /// The operator took our watchdog away from this run of the guest.
    case removedFromRun
    /// The same, and the guest has not released the device yet.
    case removalPending
    /// The host's policy says no.
    case modelNone
    /// The guest has the device already.
    case asWanted(WatchdogDevice)
    /// A watchdog with another action is there and is kept.
    case keptAction(GuestFacts.Watchdog, wanted: WatchdogDevice)
    /// A watchdog of another model is there, with the right action.
    case otherModel(GuestFacts.Watchdog, wanted: WatchdogDevice)
}

extension LeaveReason: CustomStringConvertible {
    /// A clause that an operator understands.
    package var description: String {
        switch self {
        case .faultyPolicy(let fault):
            "the policy cannot be understood: \(fault)"
        case .faultyGuestPolicy(let fault):
            "the guest's metadata policy cannot be understood: \(fault)"
        case .excluded:
            "the policy does not cover the guest (vm.watchdog.include, vm.watchdog.exclude)"
        case .optedOut:
            "the guest's metadata says that it wants no watchdog"
        case .removedFromRun:
            "the watchdog was taken away from this run of the guest;"
                + " virt-watchdog apply GUEST brings it back"
        case .removalPending:
            "virt-watchdog remove has taken the watchdog away; the guest has not released it yet, and"
                + " loses it at its next reset at the latest"
        case .modelNone:
            "the policy gives no watchdogs (vm.watchdog.model=none)"
        case .asWanted(let device):
            "the guest already has \(device)"
        case .keptAction(let watchdog, let wanted):
            "the guest already has a watchdog \(quoted(watchdog.model))\(watchdog.placeClause) with action"
                + " \(quoted(watchdog.action)), which is kept (vm.watchdog.existing=keep)"
                + " although the policy's action is '\(wanted.action.rawValue)'"
        case .otherModel(let watchdog, let wanted):
            "the guest already has a watchdog \(quoted(watchdog.model)) with the policy's action;"
                + " '\(wanted.model.rawValue)' is not added beside it"
        }
    }
}
