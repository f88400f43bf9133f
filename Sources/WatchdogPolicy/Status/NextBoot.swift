/// The watchdog that a guest will have after its next cold start.
package enum NextBoot: Sendable, Hashable {
    /// The guest has no persistent definition; it is gone once it is shut off.
    case transient
    /// The persistent definition has it.
    case definition(GuestFacts.Watchdog)
    /// The hook sees to it while the guest is in its firmware.
    case hook(WatchdogDevice)
    /// None.
    case nothing

    /// Foretells it from what the persistent definition says.
    ///
    /// - Parameters:
    ///   - persistent: Nothing for a guest without a persistent definition.
    ///   - hookInstalled: Whether the hook sees to guests that start.
    package init(_ policy: Policy, persistent: GuestFacts?, hookInstalled: Bool = true) {
        guard let persistent else {
            self = .transient
            return
        }
        let plan = Plan(for: persistent, under: policy)
        if let watchdog = persistent.watchdogThatCounts(under: plan) {
            if let aligned = persistent.upcomingWatchdog(under: policy, hookInstalled),
                aligned.action != watchdog.action,
                let model = WatchdogModel(rawValue: aligned.model),
                let action = WatchdogAction(rawValue: aligned.action)
            {
                self = .hook(WatchdogDevice(model: model, action: action))
            } else {
                self = .definition(watchdog)
            }
        } else if hookInstalled, case .attach(let device, _) = plan.decision {
            self = .hook(device)
        } else {
            self = .nothing
        }
    }

    /// Who gives the guest the watchdog, in a word, as `--json` gives it.
    package var source: String {
        switch self {
        case .transient: "transient"
        case .definition: "definition"
        case .hook: "hook"
        case .nothing: "nothing"
        }
    }

    /// The watchdog's model, or nothing where there will be none.
    package var model: String? {
        switch self {
        case .transient, .nothing: nil
        case .definition(let watchdog): watchdog.model
        case .hook(let device): device.model.rawValue
        }
    }

    /// The watchdog's action, or nothing where there will be none.
    package var action: String? {
        switch self {
        case .transient, .nothing: nil
        case .definition(let watchdog): watchdog.action
        case .hook(let device): device.action.rawValue
        }
    }
}
