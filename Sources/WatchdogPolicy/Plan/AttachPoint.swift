/// Where a hot-plugged i6300esb goes.
public enum AttachPoint: Sendable, Hashable {
    /// libvirt picks a slot of a conventional PCI bus.
    case automatic
    /// This address, the only slot of an empty pcie-root-port.
    ///
    /// The device is a conventional one, so that libvirt would not pick such a port by itself; it
    /// accepts the explicit address, and the device works there.
    case rootPort(GuestFacts.PCIAddress)

    /// Where it is, as the end of a sentence.
    var clause: String {
        switch self {
        case .automatic: ""
        case .rootPort(let address): " into the empty pcie-root-port \(address.bus)"
        }
    }

    /// Finds the place in a guest that runs.
    ///
    /// - Returns: Nothing where no bus can take a hot-plugged device.
    init?(in facts: GuestFacts) {
        if facts.hasFreeConventionalSlot {
            self = .automatic
        } else if let port = facts.freeRootPorts.last {
            self = .rootPort(GuestFacts.PCIAddress(bus: port.index, slot: 0))
        } else {
            return nil
        }
    }
}

extension GuestFacts {
    /// Whether a conventional bus that allows hot-plugging has a slot left.
    fileprivate var hasFreeConventionalSlot: Bool {
        controllers.contains { controller in
            guard controller.allowsHotplug, let slots = controller.conventionalSlots else {
                return false
            }
            return slots.contains { slot in
                !usedAddresses.contains { $0.bus == controller.index && $0.slot == slot }
            }
        }
    }

    /// The pcie-root-ports with nothing plugged in.
    ///
    /// libvirt fills ports from the lowest index on; whoever takes the last one is least in the
    /// way of other hot-plugged devices.
    fileprivate var freeRootPorts: [Controller] {
        controllers.filter { controller in
            controller.model == "pcie-root-port" && controller.allowsHotplug
                && !usedAddresses.contains { $0.bus == controller.index }
        }.sorted { $0.index < $1.index }
    }
}

extension GuestFacts.Controller {
    /// The slots of a conventional bus that libvirt hands out, or nothing for other buses.
    fileprivate var conventionalSlots: ClosedRange<UInt32>? {
        switch model {
        // Slot 1 is the PIIX3's; slot 2 libvirt keeps for a video device.
        case "pci-root": 3...31
        case "pci-bridge", "pcie-to-pci-bridge": 1...31
        default: nil
        }
    }
}
