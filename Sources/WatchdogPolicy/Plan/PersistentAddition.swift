// SPDX-License-Identifier: Apache-2.0

/// An addition to a persistent domain XML, with which the guest has a watchdog from power-on.
package struct PersistentAddition: Sendable, Hashable {
    /// A pcie-root-port for the watchdog, which leaves the guest's own ports empty.
    package struct RootPort: Sendable, Hashable {
        /// The alias that marks the port as ours.
        package static let alias = "ua-virt-watchdog-port"

        /// The number of the port's bus.
        package var index: UInt32
        /// The chassis number, which no other port has.
        package var chassis: UInt32
        /// The port number, which no other port has.
        package var port: UInt32
        /// The address on bus 0, after all bridges: a place before them would renumber their buses.
        package var address: GuestFacts.PCIAddress
    }

    package var device: WatchdogDevice
    /// The port to add before the watchdog.
    package var port: RootPort?
    /// The watchdog's place.
    package var point: AttachPoint
    /// The implicit watchdog's action, which the device must have at first.
    package var sharedAction: WatchdogAction?

    /// Decides on the addition to the persistent domain XML with these facts.
    ///
    /// - Returns: `nil` if the plan adds no device, or the guest has no room for it.
    package init?(_ plan: Plan, to facts: GuestFacts) {
        guard facts.qemuArguments?.doubts.isEmpty != false else { return nil }
        switch plan.decision {
        case .coldPlug(let device, .notHotPluggable), .attach(let device, .automatic):
            self.device = device
            point = .automatic
        case .attach(let device, .slot(let address)):
            self.device = device
            point = .slot(address)
        case .attach(let device, .rootPort), .coldPlug(let device, .noFreeSlot),
            .coldPlug(let device, .reservedPorts), .coldPlug(let device, .sharedAction),
            .coldPlug(let device, .noACPI):
            self.device = device
            if let address = facts.highestFreeSlot(where: facts.canHotplug) {
                point = .slot(address)
            } else if let port = RootPort(for: facts) {
                self.port = port
                point = .rootPort(GuestFacts.PCIAddress(bus: port.index, slot: 0))
            } else if let free = AttachPoint(in: facts, reserving: 0) {
                point = free
            } else if let address = facts.highestFreeSlot(where: { _ in true }) {
                // A bus without hot-plug still takes a device before the guest starts.
                point = .slot(address)
            } else if facts.controllers.contains(where: { $0.model == "pci-root" }) {
                // libvirt adds a bridge.
                point = .automatic
            } else {
                return nil
            }
        case .leave, .changeAction, .refuse: return nil
        }
        sharedAction = facts.watchdogs.first {
            !$0.isOnCommandLine && $0.action != device.action.rawValue
        }.flatMap { WatchdogAction(rawValue: $0.action) }
    }
}

extension PersistentAddition {
    /// Returns why virt-watchdog cannot add a plan's device to the persistent domain XML, with a
    /// fix.
    ///
    /// - Returns: `nil` if it can, or if the plan adds no device.
    package static func obstacle(to plan: Plan, in facts: GuestFacts) -> String? {
        guard plan.addedModel != nil, PersistentAddition(plan, to: facts) == nil else { return nil }
        if let doubt = facts.qemuArguments?.doubts.first {
            return
                "cannot change the persistent domain XML: the guest might not start with another"
                + " device, since its qemu:commandline is not readable (\(doubt)); write a <watchdog>"
                + " element with a free address"
        }
        return
            "cannot change the persistent domain XML: no PCI port is empty, and a new one before the"
            + " guest's own ports would renumber their buses; move the last pcie-root-port to a lower"
            + " slot, or add an empty one"
    }
}

extension PersistentAddition.RootPort {
    fileprivate init?(for facts: GuestFacts) {
        guard facts.controllers.contains(where: { $0.model == "pcie-root" }),
            let highest = facts.controllers.map(\.index).max(),
            // libvirt adds a port for each bus that the domain XML uses and does not list.
            case let last = facts.usedAddresses.map(\.bus).reduce(highest, max), last < 255,
            facts.qemuArguments?.ids.contains(Self.alias) != true,
            facts.qemuArguments?.changesEvery("pcie-root-port") != true,
            let address = facts.placeAfterBridges
        else { return nil }
        index = last + 1
        self.address = address
        let line = facts.qemuArguments
        let chassis = facts.controllers.compactMap(\.chassis) + (line?.chassis ?? [])
        let ports = facts.controllers.compactMap(\.port) + (line?.ports ?? [])
        let usual = address.slot << 3 | address.function
        guard
            let freeChassis = (Array(index...255) + Array(1..<index)).first(where: {
                !chassis.contains($0)
            }),
            let freePort = ([usual] + Array(0...255)).first(where: { !ports.contains($0) })
        else { return nil }
        self.chassis = freeChassis
        port = freePort
    }
}
