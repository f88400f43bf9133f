// SPDX-License-Identifier: Apache-2.0

extension GuestFacts {
    /// Returns the highest free slot of the first conventional bus that has one.
    ///
    /// - Parameter isSuitable: Returns whether a bus may be chosen.
    func highestFreeSlot(where isSuitable: (Controller) -> Bool) -> PCIAddress? {
        let used = Set(usedAddresses.map { PCIAddress(bus: $0.bus, slot: $0.slot) })
        return controllers.filter(isSuitable).sorted { $0.index < $1.index }.lazy
            .compactMap { controller in
                controller.conventionalSlots?.reversed().lazy
                    .map { PCIAddress(bus: controller.index, slot: $0) }
                    .first { !used.contains($0) }
            }.first
    }

    /// The empty PCI Express ports, by index.
    ///
    /// libvirt fills ports from the lowest index on, so the last one hinders other devices least.
    var freePorts: [Controller] {
        let usedBuses = Set(usedAddresses.map(\.bus))
        return controllers.filter { controller in
            controller.isPort && canHotplug(controller) && !usedBuses.contains(controller.index)
        }.sorted { $0.index < $1.index }
    }

    /// Returns whether a bus takes hot-plugged devices.
    ///
    /// On an i440FX, hot-plug needs ACPI. libvirt does not check that.
    func canHotplug(_ controller: Controller) -> Bool {
        controller.allowsHotplug && !(controller.model == "pci-root" && needsACPI)
    }

    /// Whether the guest lacks the ACPI that its machine needs for hot-plug.
    var needsACPI: Bool {
        !hasACPI && machineType == .i440fx
    }
}

extension GuestFacts.Controller {
    /// Whether the controller is a PCI Express port for one device.
    var isPort: Bool { ["pcie-root-port", "pcie-switch-downstream-port"].contains(model) }

    /// Whether the bus has more than one slot.
    var hasSlots: Bool { model == "pcie-root" || conventionalSlots != nil }

    /// The slots that libvirt assigns on a conventional bus, or `nil` for other buses.
    var conventionalSlots: ClosedRange<UInt32>? {
        switch model {
        // Slot 1 is the PIIX3's.
        case "pci-root": 2...31
        case "pci-bridge", "pcie-to-pci-bridge": 1...31
        default: nil
        }
    }
}

extension GuestFacts {
    /// The last free address on bus 0 of a PCI Express machine after all its bridges.
    ///
    /// Firmware numbers buses in the order of the bridges' addresses. A new bridge before others
    /// would renumber their buses.
    var placeAfterBridges: PCIAddress? {
        let bridges = controllers.compactMap(\.address).filter { $0.bus == 0 && $0.domain == 0 }
        let onCommandLine =
            qemuArguments?.bridges.filter { $0.bus == nil || $0.bus == "pcie.0" } ?? []
        let ends = bridges.map(\.place) + onCommandLine.compactMap { $0.place?.number }
        let last = ends.max() ?? 0
        let used = Set(usedAddresses.lazy.filter { $0.bus == 0 }.map(\.slot))
        // On a q35 machine, the chipset takes the last slot.
        let lastSlot: UInt32 = [nil, "x86_64", "i686"].contains(arch) ? 0x1e : 0x1f
        let slots = stride(from: lastSlot, through: max(1, last >> 3), by: -1)
        if let slot = slots.first(where: { $0 > last >> 3 && !used.contains($0) }) {
            return PCIAddress(bus: 0, slot: slot)
        }
        // Else another function of the last bridge's slot, or of the chipset's slot. Function 0
        // there tells the guest to look for others.
        let slot = last >> 3
        let isMultifunction = controllers.contains {
            $0.isMultifunction && $0.address == PCIAddress(bus: 0, slot: slot)
        }
        return (isMultifunction ? lastFunction(of: slot, after: last & 7) : nil)
            ?? (lastSlot == 0x1e && slot <= 0x1f
                ? lastFunction(of: 0x1f, after: slot == 0x1f ? last & 7 : 3) : nil)
    }

    /// Returns function 7 of a slot on bus 0 if it is free and comes after all others.
    private func lastFunction(of slot: UInt32, after function: UInt32) -> PCIAddress? {
        let used = usedAddresses.filter { $0.bus == 0 && $0.slot == slot }.map(\.function)
        let last = max(function, used.max() ?? 0)
        return last < 7 ? PCIAddress(bus: 0, slot: slot, function: 7) : nil
    }
}

extension GuestFacts.PCIAddress {
    /// The slot and the function in one number, by which firmware orders devices.
    var place: UInt32 { slot << 3 | function }
}

extension GuestFacts {
    /// Whether the guest has a port that virt-watchdog added, and no device but its watchdog uses
    /// it.
    package var hasOwnedPortToSpare: Bool {
        guard let port = controllers.first(where: \.isOwned) else { return false }
        let ours = watchdogs.filter(\.isOwned).compactMap(\.address)
        return !usedAddresses.contains { $0.bus == port.index && !ours.contains($0) }
    }
}
