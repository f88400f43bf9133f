import Testing
import WatchdogPolicy

/// What is added to a persistent definition, machine by machine.
struct PersistentAdditionTests {
    typealias Address = GuestFacts.PCIAddress
    typealias Controller = GuestFacts.Controller

    private func addition(_ facts: GuestFacts, _ policy: Policy = .builtIn) -> PersistentAddition? {
        PersistentAddition(plan(policy, facts), to: facts)
    }

    @Test("a conventional machine needs no port")
    func conventional() {
        let addition = addition(PlanTests.pc { $0.isLive = false })
        #expect(addition?.port == nil)
        #expect(addition?.point == .automatic)
        #expect(addition?.device == WatchdogDevice(model: .i6300esb, action: .reset))
    }

    @Test("a PCIe machine gets the next number, a chassis and a slot that nothing else has")
    func port() {
        let facts = PlanTests.q35 {
            $0.isLive = false
            $0.controllers.append(Controller(model: "pcie-root-port", index: 4, chassis: 5))
            $0.usedAddresses += [Address(bus: 0, slot: 2), Address(bus: 0, slot: 3)]
        }
        let port = addition(facts)?.port
        #expect(port?.index == 5)
        #expect(port?.chassis == 6)
        #expect(port?.address == Address(bus: 0, slot: 4))
        #expect(addition(facts)?.point == .rootPort(Address(bus: 5, slot: 0)))
    }

    @Test("a PCIe machine with all its ports in use gets one, too")
    func noFreePort() {
        let facts = PlanTests.q35 {
            $0.isLive = false
            $0.usedAddresses = [1, 2, 3].map { Address(bus: $0, slot: 0) }
        }
        #expect(addition(facts)?.port?.index == 4)
    }

    @Test("with every slot taken an empty port is used, and without one there is no room")
    func full() {
        var facts = PlanTests.q35 { $0.isLive = false }
        for slot in UInt32(1)...31 { facts.usedAddresses.append(Address(bus: 0, slot: slot)) }
        #expect(addition(facts)?.port == nil)
        #expect(addition(facts)?.point == .rootPort(Address(bus: 3, slot: 0)))
        for bus in UInt32(1)...3 { facts.usedAddresses.append(Address(bus: bus, slot: 0)) }
        #expect(addition(facts) == nil)
    }

    @Test("what the plan leaves or cannot have is not written")
    func nothing() {
        #expect(addition(PlanTests.pc(), Policy(model: .none)) == nil)
        #expect(addition(PlanTests.pc { $0.machine = "isapc" }) == nil)
        let none = PlanTests.pc {
            $0.watchdogs = [GuestFacts.Watchdog(model: "i6300esb", action: "none")]
        }
        #expect(addition(none, Policy(existing: .align)) == nil)
    }

    @Test("a port of ours is to spare only while nothing else is plugged into it")
    func toSpare() {
        var facts = PlanTests.q35 {
            $0.controllers.append(Controller(model: "pcie-root-port", index: 4, isOwned: true))
            $0.watchdogs = [
                GuestFacts.Watchdog(
                    model: "i6300esb", alias: WatchdogDevice.alias,
                    address: Address(bus: 4, slot: 0))
            ]
            $0.usedAddresses.append(Address(bus: 4, slot: 0))
        }
        #expect(facts.hasOwnedPortToSpare)
        facts.usedAddresses.append(Address(bus: 4, slot: 0, function: 1))
        #expect(!facts.hasOwnedPortToSpare)
        #expect(!PlanTests.q35().hasOwnedPortToSpare)
    }
}
