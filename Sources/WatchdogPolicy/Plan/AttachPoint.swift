/// Where a hot-plugged i6300esb goes.
public enum AttachPoint: Sendable, Hashable {
    /// libvirt picks a slot of a conventional PCI bus.
    case automatic
    /// This address, on a bridge.
    ///
    /// libvirt would pick a slot of bus 0, which takes no device while the guest runs.
    case bridge(GuestFacts.PCIAddress)
    /// This address, the only slot of an empty PCI Express port.
    ///
    /// The device is a conventional one, so that libvirt would not pick such a port by itself; it
    /// accepts the explicit address, and the device works there.
    case rootPort(GuestFacts.PCIAddress)

    /// Where it is, as the end of a sentence.
    var clause: String {
        switch self {
        case .automatic: ""
        case .bridge(let address): " into slot \(address.slot) of the bridge \(address.bus)"
        case .rootPort(let address): " into the empty pcie-root-port \(address.bus)"
        }
    }

    /// Finds the place in a guest that runs.
    ///
    /// - Returns: Nothing where no bus can take a hot-plugged device.
    init?(in facts: GuestFacts) {
        let root = facts.controllers.first { $0.model == "pci-root" }
        if let slot = facts.freeConventionalSlots.first {
            self = root.map(facts.canHotplug) == false ? .bridge(slot) : .automatic
        } else if let port = facts.freePorts.last {
            self = .rootPort(GuestFacts.PCIAddress(bus: port.index, slot: 0))
        } else {
            return nil
        }
    }

    /// The address that was chosen, or nothing where libvirt picks one.
    public var address: GuestFacts.PCIAddress? {
        switch self {
        case .automatic: nil
        case .bridge(let address), .rootPort(let address): address
        }
    }
}

extension GuestFacts {
    /// The first slot that is left on each conventional bus that takes devices while the guest runs.
    fileprivate var freeConventionalSlots: [PCIAddress] {
        let used = Set(usedAddresses.map { PCIAddress(bus: $0.bus, slot: $0.slot) })
        return controllers.filter(canHotplug).compactMap { controller in
            controller.conventionalSlots?.lazy
                .map { PCIAddress(bus: controller.index, slot: $0) }
                .first { !used.contains($0) }
        }.sorted { $0.bus < $1.bus }
    }

    /// The PCI Express ports with nothing plugged in.
    ///
    /// libvirt fills ports from the lowest index on; whoever takes the last one is least in the
    /// way of other hot-plugged devices.
    fileprivate var freePorts: [Controller] {
        let usedBuses = Set(usedAddresses.map(\.bus))
        return controllers.filter { controller in
            ["pcie-root-port", "pcie-switch-downstream-port"].contains(controller.model)
                && canHotplug(controller)
                && !usedBuses.contains(controller.index)
        }.sorted { $0.index < $1.index }
    }

    /// Whether a bus takes devices while the guest runs.
    ///
    /// The bus of an i440FX needs ACPI for that, and libvirt does not know.
    fileprivate func canHotplug(_ controller: Controller) -> Bool {
        controller.allowsHotplug && !(controller.model == "pci-root" && needsACPI)
    }

    /// Whether it is for want of ACPI that the machine's bus takes no devices.
    var needsACPI: Bool {
        !hasACPI && machineType == .i440fx
    }
}

extension GuestFacts.Controller {
    /// The slots of a conventional bus that libvirt hands out, or nothing for other buses.
    fileprivate var conventionalSlots: ClosedRange<UInt32>? {
        switch model {
        // Slot 1 is the PIIX3's.
        case "pci-root": 2...31
        case "pci-bridge", "pcie-to-pci-bridge": 1...31
        default: nil
        }
    }
}
