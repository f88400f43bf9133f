extension GuestFacts {
    /// Whether our watchdog is, or would be, in the last empty port of a machine that has no other place
    /// for a hot-plugged device.
    func hasNoPortLeft(after decision: Plan.Decision) -> Bool {
        // Most machines have none, and to count them takes time.
        guard controllers.contains(where: \.isPort) else { return false }
        let ports = freePorts.count
        if case .attach(_, .rootPort) = decision { return ports == 1 }
        guard ports == 0, highestFreeSlot(where: canHotplug) == nil,
            let bus = watchdogs.first(where: \.isOwned)?.address?.bus,
            let port = controllers.first(where: { $0.index == bus })
        else { return false }
        return port.isPort && !port.isOwned
    }

    /// What the operator should know of the definition's own QEMU arguments.
    var commandLineWarnings: [String] {
        guard let qemuArguments else { return [] }
        var warnings = qemuArguments.doubts.map {
            "qemu:commandline is not understood whole: \($0)"
        }
        warnings += qemuArguments.remarks
        if let own = watchdogs.first, watchdogs.allSatisfy(\.isOnCommandLine) {
            warnings.append(
                "libvirt does not know the watchdog \(quoted(own.model)) of qemu:commandline, and"
                    + " libvirt 9.0 crashes when it fires; replace it by a <watchdog> element")
        }
        return warnings
    }
}
