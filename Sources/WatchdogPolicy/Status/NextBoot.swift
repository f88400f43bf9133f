// SPDX-License-Identifier: Apache-2.0

/// The watchdog that a guest will have after its next cold start.
package enum NextBoot: Sendable, Hashable {
    /// The guest is transient: libvirt forgets it when it shuts off.
    case transient
    /// The persistent domain XML has the watchdog.
    case definition(GuestFacts.Watchdog)
    /// virt-watchdog adds the watchdog while the guest is in its firmware.
    case hook(WatchdogDevice)
    /// The guest will have no watchdog.
    case nothing
    /// This user cannot read everything that it depends on.
    case unknown

    /// Predicts the watchdog from the persistent domain XML.
    ///
    /// - Parameters:
    ///   - persistent: The persistent domain XML's facts, or `nil` for a transient guest.
    ///   - hookInstalled: Whether libvirt runs the hook when guests start.
    package init(_ policy: Policy, persistent: GuestFacts?, hookInstalled: Bool = true) {
        guard let persistent else {
            self = .transient
            return
        }
        let plan = Plan(for: persistent, under: policy)
        if let watchdog = persistent.effectiveWatchdog(under: plan) {
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

    /// The source of the watchdog in a word, as `--json` prints it.
    package var source: String {
        switch self {
        case .transient: "transient"
        case .definition: "definition"
        case .hook: "hook"
        case .nothing: "nothing"
        case .unknown: "unknown"
        }
    }

    /// The watchdog's model.
    package var model: String? {
        switch self {
        case .transient, .nothing, .unknown: nil
        case .definition(let watchdog): watchdog.model
        case .hook(let device): device.model.rawValue
        }
    }

    /// The watchdog's action.
    package var action: String? {
        switch self {
        case .transient, .nothing, .unknown: nil
        case .definition(let watchdog): watchdog.action
        case .hook(let device): device.action.rawValue
        }
    }
}
