// SPDX-License-Identifier: Apache-2.0

/// Why a guest can have a device only from its next cold start on.
package enum ColdPlugReason: Sendable, Hashable {
    /// libvirt cannot hot-plug the model.
    case notHotPluggable
    /// Neither a conventional PCI bus nor a pcie-root-port has a free slot.
    case noFreeSlot
    /// No conventional bus has a free slot, and the policy reserves the empty ports. The number is
    /// that of the guest's empty ports.
    case reservedPorts(Int, of: Int)
    /// The machine hot-plugs through ACPI, and the guest has none.
    case noACPI
    /// Another watchdog has another action, and a guest has one action for all.
    case sharedAction(GuestFacts.Watchdog)

    /// The reason in a few words.
    var phrase: String {
        switch self {
        case .notHotPluggable: "needs a cold start"
        case .noFreeSlot: "no free PCI slot or port"
        case .reservedPorts: "reserve-ports too high"
        case .noACPI: "no ACPI: no hot-plug"
        case .sharedAction: "dump needs a cold start"
        }
    }

    func description(of device: WatchdogDevice) -> String {
        let start = "cannot hot-plug \(device):"
        return switch self {
        case .notHotPluggable:
            "\(start) libvirt hot-plugs no other model than \(WatchdogModel.hotPluggableNames);"
                + " write it into the persistent domain XML"
        case .noFreeSlot:
            "\(start) the guest has no free conventional PCI slot and no empty pcie-root-port for it;"
                + " add a pcie-root-port (on pc machines a pci-bridge), or write the watchdog into the"
                + " persistent domain XML (virt-watchdog apply --config)"
        case .reservedPorts(let empty, let reserved):
            "\(start) vm.watchdog.reserve-ports=\(reserved) reserves empty PCI Express ports, and the"
                + " guest has only \(empty); add a pcie-root-port, or write the watchdog into the persistent"
                + " domain XML with its own port (virt-watchdog apply --config)"
        case .noACPI:
            "\(start) the machine hot-plugs PCI devices through ACPI, which the guest does not have;"
                + " add <acpi/> to its features, or write the watchdog into the persistent domain XML"
        case .sharedAction(let watchdog):
            "\(start) all watchdogs of a guest share one action, its \(quoted(watchdog.model))"
                + " has \(quoted(watchdog.action)), and libvirt takes a dump only if the live domain XML"
                + " says so; write the watchdog into the persistent domain XML"
        }
    }
}
