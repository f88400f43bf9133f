/// What is written into a persistent definition, so that the guest has a watchdog from its first
/// instruction on.
package struct PersistentAddition: Sendable, Hashable {
    /// A pcie-root-port that is added for the watchdog alone, so that the guest's own stay free.
    package struct RootPort: Sendable, Hashable {
        /// The alias that marks the port as ours.
        package static let alias = "ua-virt-watchdog-port"

        /// The number of the bus that it provides.
        package var index: UInt32
        /// The chassis number, which is no other port's.
        package var chassis: UInt32
        /// The port number, which is no other port's.
        package var port: UInt32
        /// The place on bus 0, after all bridges, so the guest numbers no other bus anew.
        package var address: GuestFacts.PCIAddress
    }

    /// The watchdog.
    package var device: WatchdogDevice
    /// The port that is added before it, if one is.
    package var port: RootPort?
    /// Where the watchdog goes.
    package var point: AttachPoint
    /// The action that the device has to have at first, since an implicit watchdog has it.
    package var sharedAction: WatchdogAction?

    /// Decides what to add to the persistent definition that has these facts.
    ///
    /// - Returns: Nothing where the plan adds no device, or there is no room for one.
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
                // A bus that takes no device while the guest runs takes one before.
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
    /// Returns why a persistent definition stays as it is although a plan gives the guest a device, as a
    /// clause with the remedy; nothing where something is added, or nothing is wanted.
    package static func obstacle(to plan: Plan, in facts: GuestFacts) -> String? {
        guard plan.addedModel != nil, PersistentAddition(plan, to: facts) == nil else { return nil }
        if let doubt = facts.qemuArguments?.doubts.first {
            return
                "the persistent definition stays as it is, since the guest might not start with another"
                + " device: its qemu:commandline is not understood whole: \(doubt); write a <watchdog>"
                + " element with an address that is free"
        }
        return
            "the persistent definition stays as it is: no PCI port is empty, and a new one would have to come"
            + " before the guest's own, whose buses would get other numbers; move the last"
            + " pcie-root-port to a lower slot, or add an empty one"
    }
}

extension PersistentAddition.RootPort {
    fileprivate init?(for facts: GuestFacts) {
        guard facts.controllers.contains(where: { $0.model == "pcie-root" }),
            let highest = facts.controllers.map(\.index).max(),
            // libvirt adds the ports of buses that a definition uses and does not list.
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
