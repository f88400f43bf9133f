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
