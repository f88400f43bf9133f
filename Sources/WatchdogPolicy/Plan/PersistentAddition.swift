/// What is written into a persistent definition, so that the guest has a watchdog from its first
/// instruction on.
public struct PersistentAddition: Sendable, Hashable {
    /// A pcie-root-port that is added for the watchdog alone, so that the guest's own stay free.
    public struct RootPort: Sendable, Hashable {
        /// The alias that marks the port as ours.
        public static let alias = "ua-virt-watchdog-port"

        /// The number of the bus that it provides.
        public var index: UInt32
        /// The chassis number, which is no other port's.
        public var chassis: UInt32
        /// Where it is: a slot of bus 0 that nothing else is in.
        public var address: GuestFacts.PCIAddress
    }

    /// The watchdog.
    public var device: WatchdogDevice
    /// The port that is added before it, if one is.
    public var port: RootPort?
    /// Where the watchdog goes.
    public var point: AttachPoint
    /// The action that the device has to have at first, since an implicit watchdog has it.
    public var sharedAction: WatchdogAction?

    /// Decides what to add to the persistent definition that has these facts.
    ///
    /// - Returns: Nothing where the plan adds no device, or there is no room for one.
    public init?(_ plan: Plan, to facts: GuestFacts) {
        switch plan.decision {
        case .coldPlug(let device, .notHotPluggable), .coldPlug(let device, .noACPI):
            self.device = device
            point = .automatic
        case .attach(let device, .automatic), .attach(let device, .bridge):
            self.device = device
            point = .automatic
        case .attach(let device, .rootPort), .coldPlug(let device, .noFreeSlot),
            .coldPlug(let device, .sharedAction):
            self.device = device
            if let port = RootPort(for: facts) {
                self.port = port
                point = .rootPort(GuestFacts.PCIAddress(bus: port.index, slot: 0))
            } else if let point = AttachPoint(in: facts) {
                self.point = point
            } else if facts.controllers.contains(where: { $0.model == "pci-root" }) {
                // What takes no device while the guest runs does take one before.
                point = .automatic
            } else {
                return nil
            }
        case .leave, .changeAction, .refuse: return nil
        }
        sharedAction = facts.watchdogs.first { $0.action != device.action.rawValue }
            .flatMap { WatchdogAction(rawValue: $0.action) }
    }
}

extension PersistentAddition.RootPort {
    /// The slots of pcie-root that libvirt does not keep for something: the lowest is for a video
    /// device, and the chipset's own devices are at the end.
    private static let slots: ClosedRange<UInt32> = 2...0x19

    fileprivate init?(for facts: GuestFacts) {
        guard facts.controllers.contains(where: { $0.model == "pcie-root" }),
            let last = facts.controllers.map(\.index).max(), last < 255,
            let slot = Self.slots.first(where: { slot in
                !facts.usedAddresses.contains { $0.bus == 0 && $0.slot == slot }
            })
        else { return nil }
        index = last + 1
        let taken = Set(facts.controllers.compactMap(\.chassis))
        guard
            let chassis = (Array(index...255) + Array(1..<index)).first(where: {
                !taken.contains($0)
            })
        else { return nil }
        self.chassis = chassis
        address = GuestFacts.PCIAddress(bus: 0, slot: slot)
    }
}

extension GuestFacts {
    /// Whether the definition has a port that we added and nothing else is plugged into, ours aside.
    public var hasOwnedPortToSpare: Bool {
        guard let port = controllers.first(where: \.isOwned) else { return false }
        let ours = watchdogs.filter(\.isOwned).compactMap(\.address)
        return !usedAddresses.contains { $0.bus == port.index && !ours.contains($0) }
    }
}
