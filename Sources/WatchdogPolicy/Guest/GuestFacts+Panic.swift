// SPDX-License-Identifier: Apache-2.0

extension GuestFacts {
    /// The reason why a kernel panic never leads to a reset, or `nil` if it does.
    ///
    /// QEMU stops a guest that reports a panic through its panic device. The watchdog's timer stops
    /// with it. libvirt then follows `on_crash`.
    var panicWarning: String? {
        guard hasPanicDevice else { return nil }
        // libvirt's default is 'destroy'.
        let value = onCrash ?? "destroy"
        let effect: String
        switch value {
        case "preserve": effect = "leaves the guest crashed"
        case "destroy": effect = "powers the guest off"
        case "coredump-destroy": effect = "dumps the guest's memory and powers it off"
        default: return nil
        }
        return
            "a kernel panic never reaches the watchdog: the guest has a panic device, and on_crash"
            + " '\(value)' \(effect); run virsh set-lifecycle-action GUEST crash restart"
            + "\(isLive ? " --live" : "") --config, or remove the panic device"
    }
}
