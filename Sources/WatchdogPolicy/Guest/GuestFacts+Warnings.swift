// SPDX-License-Identifier: Apache-2.0

extension GuestFacts {
    /// Returns whether our watchdog takes the last place for a hot-plugged device.
    func hasNoPortLeft(after decision: Plan.Decision) -> Bool {
        // Most machines have no port, and this saves the hook the count.
        guard controllers.contains(where: \.isPort) else { return false }
        let ports = freePorts.count
        if case .attach(_, .rootPort) = decision { return ports == 1 }
        guard ports == 0, highestFreeSlot(where: canHotplug) == nil,
            let bus = watchdogs.first(where: \.isOwned)?.address?.bus,
            let port = controllers.first(where: { $0.index == bus })
        else { return false }
        return port.isPort && !port.isOwned
    }

    /// The warnings about the guest's `qemu:commandline`.
    var commandLineWarnings: [String] {
        guard let qemuArguments else { return [] }
        var warnings = qemuArguments.doubts.map {
            "cannot read all of qemu:commandline: \($0)"
        }
        warnings += qemuArguments.remarks
        if let own = watchdogs.first, watchdogs.allSatisfy(\.isOnCommandLine) {
            warnings.append(
                "libvirt does not know the watchdog \(quoted(own.model)) of qemu:commandline, and"
                    + " libvirt 9.0 crashes when it fires; use a <watchdog> element instead")
        }
        return warnings
    }
}
