/// Where an i6300esb goes.
package enum AttachPoint: Sendable, Hashable {
    /// libvirt picks a slot, in a definition that it has yet to complete.
    case automatic
    /// A slot of a conventional PCI bus.
    ///
    /// libvirt picks the lowest free slot of the live and of the persistent definition by themselves. The
    /// watchdog takes the highest one, so a device that is added to both gets the same slot in both.
    case slot(GuestFacts.PCIAddress)
    /// The only slot of an empty PCI Express port.
    ///
    /// The device is a conventional one, so libvirt would not pick such a port. It accepts the
    /// explicit address, and the device works there.
    case rootPort(GuestFacts.PCIAddress)

    /// The place, as the end of a sentence.
    var clause: String {
        switch self {
        case .automatic: ""
        case .slot(let address): " into slot \(address.slot) of PCI bus \(address.bus)"
        case .rootPort(let address): " into the empty pcie-root-port \(address.bus)"
        }
    }

    /// Finds the place in a guest that runs.
    ///
    /// - Parameter reserved: How many empty PCI Express ports stay empty.
    /// - Returns: Nothing where no bus can take a hot-plugged device.
    init?(in facts: GuestFacts, reserving reserved: Int) {
        let ports = facts.freePorts
        if let address = facts.highestFreeSlot(where: facts.canHotplug) {
            self = .slot(address)
        } else if ports.count > reserved, let port = ports.last {
            self = .rootPort(GuestFacts.PCIAddress(bus: port.index, slot: 0))
        } else {
            return nil
        }
    }

    /// The chosen address, or nothing where libvirt picks one.
    package var address: GuestFacts.PCIAddress? {
        switch self {
        case .automatic: nil
        case .slot(let address), .rootPort(let address): address
        }
    }
}

extension GuestFacts {
    /// The highest free slot of the first conventional bus that has one.
    ///
    /// - Parameter isSuitable: Whether a bus may be chosen.
    func highestFreeSlot(where isSuitable: (Controller) -> Bool) -> PCIAddress? {
        let used = Set(usedAddresses.map { PCIAddress(bus: $0.bus, slot: $0.slot) })
        return controllers.filter(isSuitable).sorted { $0.index < $1.index }.lazy
            .compactMap { controller in
                controller.conventionalSlots?.reversed().lazy
                    .map { PCIAddress(bus: controller.index, slot: $0) }
                    .first { !used.contains($0) }
            }.first
    }

    /// The PCI Express ports with nothing plugged in.
    ///
    /// libvirt fills ports from the lowest index on; the last one is least in the way of other
    /// hot-plugged devices.
    var freePorts: [Controller] {
        let usedBuses = Set(usedAddresses.map(\.bus))
        return controllers.filter { controller in
            controller.isPort && canHotplug(controller) && !usedBuses.contains(controller.index)
        }.sorted { $0.index < $1.index }
    }

    /// Whether a bus takes devices while the guest runs.
    ///
    /// The bus of an i440FX needs ACPI for that, and libvirt does not know.
    func canHotplug(_ controller: Controller) -> Bool {
        controller.allowsHotplug && !(controller.model == "pci-root" && needsACPI)
    }

    /// Whether it is for want of ACPI that the machine's bus takes no devices.
    var needsACPI: Bool {
        !hasACPI && machineType == .i440fx
    }
}

extension GuestFacts.Controller {
    /// Whether it is a PCI Express port for one device.
    var isPort: Bool { ["pcie-root-port", "pcie-switch-downstream-port"].contains(model) }

    /// Whether its bus has more slots than the one of a port.
    var hasSlots: Bool { model == "pcie-root" || conventionalSlots != nil }

    /// The slots of a conventional bus that libvirt hands out, or nothing for other buses.
    var conventionalSlots: ClosedRange<UInt32>? {
        switch model {
        // Slot 1 is the PIIX3's.
        case "pci-root": 2...31
        case "pci-bridge", "pcie-to-pci-bridge": 1...31
        default: nil
        }
    }
}
