/// Why a device can only be there from a cold start on.
package enum ColdPlugReason: Sendable, Hashable {
    /// Only the i6300esb can be hot-plugged.
    case notHotPluggable
    /// No conventional bus and no pcie-root-port has room for one more device.
    case noFreeSlot
    /// No conventional bus has room, and the policy reserves the empty ports; how many there are.
    case reservedPorts(Int, of: Int)
    /// The machine's bus takes devices only by way of ACPI, which it does not have.
    case noACPI
    /// A watchdog with another action is there, and a guest has one action for all of them.
    case sharedAction(GuestFacts.Watchdog)

    func description(of device: WatchdogDevice) -> String {
        let start = "\(device) can only be there from a cold start on:"
        return switch self {
        case .notHotPluggable:
            "\(start) libvirt hot-plugs no other model than i6300esb;"
                + " write it into the persistent definition"
        case .noFreeSlot:
            "\(start) no conventional PCI slot and no empty pcie-root-port is left that would take"
                + " it while the guest runs;"
                + " add a pcie-root-port (on pc machines a pci-bridge), or write the watchdog into the"
                + " persistent definition (virt-watchdog apply --config)"
        case .reservedPorts(let empty, let reserved):
            "\(start) vm.watchdog.reserve-ports=\(reserved) reserves empty PCI Express ports, and the"
                + " guest has only \(empty); add a pcie-root-port, or write the watchdog into the persistent"
                + " definition (virt-watchdog apply --config), which gives it a port of its own"
        case .noACPI:
            "\(start) without ACPI the machine's PCI bus takes no device while the guest runs;"
                + " add <acpi/> to its features, or write the watchdog into the persistent definition"
        case .sharedAction(let watchdog):
            "\(start) all watchdogs of a guest share one action, its \(quoted(watchdog.model))"
                + " has \(quoted(watchdog.action)), and a dump is taken by libvirt, by the"
                + " definition; write the watchdog into the persistent definition"
        }
    }
}
