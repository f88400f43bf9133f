// SPDX-License-Identifier: Apache-2.0

/// The place of a hot-plugged watchdog.
package enum AttachPoint: Sendable, Hashable {
    /// libvirt picks a slot when it completes the domain XML.
    case automatic
    /// A slot of a conventional PCI bus.
    ///
    /// libvirt picks the lowest free slot, separately in the live and in the persistent domain XML.
    /// The watchdog takes the highest one, so a device that you add to both gets the same slot in
    /// both.
    case slot(GuestFacts.PCIAddress)
    /// The only slot of an empty PCI Express port.
    ///
    /// libvirt would not pick a port for a conventional device. It accepts the explicit address,
    /// and the device works there.
    case rootPort(GuestFacts.PCIAddress)

    /// The end of a sentence that names the place.
    var clause: String {
        switch self {
        case .automatic: ""
        case .slot(let address): " into slot \(address.slot) of PCI bus \(address.bus)"
        case .rootPort(let address): " into the empty pcie-root-port \(address.bus)"
        }
    }

    /// Finds a place in a running guest.
    ///
    /// - Parameter reserved: The number of PCI Express ports that must stay empty.
    /// - Returns: `nil` if no bus can take a hot-plugged device.
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

    /// The address, or `nil` if libvirt picks it.
    package var address: GuestFacts.PCIAddress? {
        switch self {
        case .automatic: nil
        case .slot(let address), .rootPort(let address): address
        }
    }
}
