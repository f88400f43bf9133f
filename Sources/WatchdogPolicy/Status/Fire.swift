/// One time that a guest's watchdog fired.
package struct Fire: Sendable, Hashable {
    /// The time of day in ISO 8601, with the zone.
    package var time: String
    /// The action that QEMU took, in libvirt's words.
    package var action: String

    /// Describes a fire.
    package init(time: String, action: String) {
        self.time = time
        self.action = action
    }
}

/// The evidence that a guest's watchdog has fired in its present run.
package enum FireEvidence: Sendable, Hashable {
    /// virt-watchdogd saw the event.
    case seen(Fire)
    /// The device still shows it, and virt-watchdogd saw no event.
    case shownByDevice
}
