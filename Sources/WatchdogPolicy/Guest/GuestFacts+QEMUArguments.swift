// SPDX-License-Identifier: Apache-2.0

extension GuestFacts {
    /// Adds the devices of `qemu:commandline`, with the slots that they take.
    ///
    /// Call it after all controllers, addresses and watchdogs are set.
    package mutating func add(_ line: QEMUArguments) {
        qemuArguments = line
        // libvirt has not completed this domain XML yet, and will ignore those devices' slots.
        if controllers.isEmpty, !isLive {
            switch machineType {
            case .i440fx: controllers = [Controller(model: "pci-root", index: 0)]
            case .q35: controllers = [Controller(model: "pcie-root", index: 0)]
            default: break
            }
        }
        for device in line.devices { use(device) }
        for bus in line.buses {
            guard let controller = controllers.first(where: { $0.busName == bus }) else { continue }
            if !controller.hasSlots {
                usedAddresses.append(PCIAddress(bus: controller.index, slot: 0))
            }
        }
        for place in line.places where place.slot > 0 {
            // A port has only slot 0: an address on its bus would make it look occupied.
            usedAddresses += controllers.filter { $0.hasSlots }.map {
                PCIAddress(bus: $0.index, slot: place.slot, function: place.function)
            }
        }
        let action = line.watchdogAction ?? watchdogs.first?.action
        watchdogs += line.watchdogs.map {
            Watchdog(
                model: $0.model, action: action ?? WatchdogAction.reset.rawValue, alias: $0.id,
                isOnCommandLine: true)
        }
    }

    /// Adds the slot of a device. Without an address, QEMU chooses the lowest free slot.
    private mutating func use(_ device: QEMUArguments.Device) {
        let root = controllers.first { ["pci-root", "pcie-root"].contains($0.model) }
        guard
            let controller = device.bus.map({ bus in controllers.first { $0.busName == bus } })
                ?? (device.place != nil || device.isPCI ? root : nil)
        else { return }
        if let place = device.place {
            usedAddresses.append(
                PCIAddress(bus: controller.index, slot: place.slot, function: place.function))
        } else if controller.hasSlots {
            let taken = Set(usedAddresses.lazy.filter { $0.bus == controller.index }.map(\.slot))
            if let slot = (UInt32(1)...31).first(where: { !taken.contains($0) }) {
                usedAddresses.append(PCIAddress(bus: controller.index, slot: slot))
            }
        } else {
            usedAddresses.append(PCIAddress(bus: controller.index, slot: 0))
        }
    }
}
