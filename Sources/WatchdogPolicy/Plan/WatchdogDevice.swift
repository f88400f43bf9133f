// SPDX-License-Identifier: Apache-2.0

/// A watchdog that virt-watchdog adds to a guest.
package struct WatchdogDevice: Sendable, Hashable {
    /// The alias of our device. libvirt keeps user aliases that start with `ua-`.
    package static let alias = "ua-virt-watchdog"

    package var model: WatchdogModel
    package var action: WatchdogAction

    package init(model: WatchdogModel, action: WatchdogAction) {
        self.model = model
        self.action = action
    }
}

extension WatchdogDevice: CustomStringConvertible {
    package var description: String { "\(model.rawValue) with action \(action.rawValue)" }
}
