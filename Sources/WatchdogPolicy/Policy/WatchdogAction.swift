// SPDX-License-Identifier: Apache-2.0

/// The action of the hypervisor when a watchdog fires.
///
/// The values are those of the `action` attribute of
/// [`<watchdog>`](https://libvirt.org/formatdomain.html#watchdog-devices).
package enum WatchdogAction: String, Sendable, Hashable, CaseIterable {
    /// Resets the guest forcefully. This is libvirt's default.
    case reset
    /// Asks the guest to shut down, which a hung guest ignores.
    case shutdown
    /// Powers the guest off forcefully.
    case poweroff
    /// Pauses the guest.
    case pause
    /// Does nothing.
    case none
    /// Dumps the guest's memory on the host, then continues the guest.
    case dump
    /// Injects a non-maskable interrupt into the guest.
    case injectNMI = "inject-nmi"

    /// Reads an action's name, in upper or lower case, and CloudStack's spelling `inject_nmi`.
    init?(_ text: String) {
        let name = text.lowercased()
        self.init(rawValue: name == "inject_nmi" ? "inject-nmi" : name)
    }
}
