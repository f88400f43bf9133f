/// A watchdog that we give to a guest.
package struct WatchdogDevice: Sendable, Hashable {
    /// The alias that marks a device as ours; libvirt keeps user aliases that start with `ua-`.
    package static let alias = "ua-virt-watchdog"

    /// The device's model.
    package var model: WatchdogModel
    /// What the hypervisor does when it fires.
    package var action: WatchdogAction

    /// Makes a device.
    package init(model: WatchdogModel, action: WatchdogAction) {
        self.model = model
        self.action = action
    }
}

extension WatchdogDevice: CustomStringConvertible {
    /// The model and the action.
    package var description: String { "\(model.rawValue) with action \(action.rawValue)" }
}
