// SPDX-License-Identifier: Apache-2.0

/// A fire of a guest's watchdog.
package struct Fire: Sendable, Hashable {
    /// The time in ISO 8601, with the zone.
    package var time: String
    /// The action that QEMU took, in libvirt's words.
    package var action: String

    package init(time: String, action: String) {
        self.time = time
        self.action = action
    }
}

/// The evidence that a guest's watchdog has fired in its present run.
package enum FireEvidence: Sendable, Hashable {
    /// virt-watchdogd received libvirt's event.
    case seen(Fire)
    /// The device still shows the fire, but virt-watchdogd received no event.
    case shownByDevice
}
