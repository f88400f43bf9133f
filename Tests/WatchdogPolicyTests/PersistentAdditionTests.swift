import Testing
import WatchdogPolicy

/// What is added to a persistent definition, machine by machine.
struct PersistentAdditionTests {
    typealias Address = GuestFacts.PCIAddress
    typealias Controller = GuestFacts.Controller

    private func addition(_ facts: GuestFacts, _ policy: Policy = .builtIn) -> PersistentAddition? {
        PersistentAddition(Plan(for: facts, under: policy), to: facts)
    }

    @Test("a conventional machine needs no port")
    func conventional() {
        let addition = addition(PlanTests.pc { $0.isLive = false })
        #expect(addition?.port == nil)
        #expect(addition?.point == .slot(Address(bus: 0, slot: 31)))
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
        #expect(port?.address == Address(bus: 0, slot: 0x1e))
        #expect(port?.port == 0x1e << 3)
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

    @Test("A bus that the definition uses and does not list is no new port's")
    func unlistedBus() {
        let facts = PlanTests.q35 {
            $0.isLive = false
            $0.usedAddresses.append(Address(bus: 7, slot: 0))
        }
        #expect(addition(facts)?.port?.index == 8)
    }

    @Test("with no place after its bridges an empty port is used, and without one there is no room")
    func full() {
        var facts = PlanTests.q35 { $0.isLive = false }
        for slot in UInt32(1)...31 {
            facts.usedAddresses += (0...7).map { Address(bus: 0, slot: slot, function: $0) }
        }
        #expect(addition(facts)?.port == nil)
        #expect(addition(facts)?.point == .rootPort(Address(bus: 3, slot: 0)))
        for bus in UInt32(1)...3 { facts.usedAddresses.append(Address(bus: bus, slot: 0)) }
        #expect(addition(facts) == nil)
        let obstacle = PersistentAddition.obstacle(to: Plan(for: facts, under: .builtIn), in: facts)
        #expect(obstacle?.contains("lower slot") == true)
    }

    /// A place of bridges on bus 0, and the place that a port gets.
    struct Paths: Sendable {
        var machine = "pc-q35-7.2"
        var arch = "x86_64"
        var bridges: [Address]
        var isMultifunction = false
        var others: [Address] = []
        var port: Address?
    }

    @Test(
        "a port comes after every bridge, so that the buses keep their numbers",
        arguments: [
            Paths(bridges: [Address(bus: 0, slot: 1)], port: Address(bus: 0, slot: 0x1e)),
            Paths(
                bridges: [Address(bus: 0, slot: 0x1c)], others: [Address(bus: 0, slot: 0x1e)],
                port: Address(bus: 0, slot: 0x1d)),
            Paths(
                bridges: [Address(bus: 0, slot: 0x1e)],
                port: Address(bus: 0, slot: 0x1f, function: 7)),
            Paths(
                bridges: (0...2).map { Address(bus: 0, slot: 0x1e, function: $0) },
                isMultifunction: true, port: Address(bus: 0, slot: 0x1e, function: 7)),
            Paths(
                bridges: [Address(bus: 0, slot: 0x1f, function: 6)],
                port: Address(bus: 0, slot: 0x1f, function: 7)),
            Paths(bridges: [Address(bus: 0, slot: 0x1f, function: 7)]),
            Paths(
                machine: "virt-7.2", arch: "aarch64", bridges: [Address(bus: 0, slot: 1)],
                port: Address(bus: 0, slot: 0x1f)),
            Paths(
                machine: "virt-7.2", arch: "aarch64", bridges: [Address(bus: 0, slot: 0x1f)]),
        ])
    func order(paths: Paths) {
        let facts = PlanTests.q35 { facts in
            facts.isLive = false
            facts.machine = paths.machine
            facts.arch = paths.arch
            facts.controllers =
                [Controller(model: "pcie-root", index: 0)]
                + paths.bridges.enumerated().map { index, address in
                    Controller(
                        model: "pcie-root-port", index: UInt32(index + 1), address: address,
                        isMultifunction: paths.isMultifunction && address.function == 0)
                }
            facts.usedAddresses =
                paths.bridges + paths.others
                + paths.bridges.indices.map { Address(bus: UInt32($0 + 1), slot: 0) }
        }
        #expect(addition(facts)?.port?.address == paths.port)
    }

    @Test("a port shares no slot, chassis or port number with the definition's own QEMU arguments")
    func arguments() {
        let facts = PlanTests.q35 {
            $0.isLive = false
            $0.add(
                QEMUArguments(arguments: [
                    "-device", "pcie-root-port,id=own,bus=pcie.0,addr=0x1d,chassis=4,port=0xf0",
                    "-set", "device.net0.addr=0x1e",
                ]))
        }
        let port = addition(facts)?.port
        #expect(port?.address == Address(bus: 0, slot: 0x1f, function: 7))
        #expect(port?.chassis == 5)
        let other = PlanTests.q35 {
            $0.isLive = false
            $0.add(
                QEMUArguments(arguments: ["-device", #"{"driver":"x3130-upstream","port":240}"#]))
        }
        #expect(addition(other)?.port?.address == Address(bus: 0, slot: 0x1e))
        #expect(addition(other)?.port?.port == 0)
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
            $0.controllers.append(
                Controller(
                    model: "pcie-root-port", index: 4, alias: PersistentAddition.RootPort.alias))
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
