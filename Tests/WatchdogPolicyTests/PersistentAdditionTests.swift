// SPDX-License-Identifier: Apache-2.0

import Testing
import WatchdogPolicy

/// The additions to a persistent definition, machine by machine.
struct PersistentAdditionTests {
    typealias Address = GuestFacts.PCIAddress
    typealias Controller = GuestFacts.Controller

    private func addition(_ facts: GuestFacts, _ policy: Policy = .builtIn) -> PersistentAddition? {
        PersistentAddition(Plan(for: facts, under: policy), to: facts)
    }

    @Test func `A conventional machine needs no port`() {
        let addition = addition(PlanTests.pc { $0.isLive = false })
        #expect(addition?.port == nil)
        #expect(addition?.point == .slot(Address(bus: 0, slot: 31)))
        #expect(addition?.device == WatchdogDevice(model: .i6300esb, action: .reset))
    }

    @Test func `A PCIe machine gets the next number, a chassis and a slot that nothing else has`() {
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

    @Test func `A PCIe machine with all its ports in use gets one, too`() {
        let facts = PlanTests.q35 {
            $0.isLive = false
            $0.usedAddresses = [1, 2, 3].map { Address(bus: $0, slot: 0) }
        }
        #expect(addition(facts)?.port?.index == 4)
    }

    @Test func `A bus that the definition uses and does not list is not given to a new port`() {
        let facts = PlanTests.q35 {
            $0.isLive = false
            $0.usedAddresses.append(Address(bus: 7, slot: 0))
        }
        #expect(addition(facts)?.port?.index == 8)
    }

    @Test
    func
        `Without a slot after the bridges an empty port is used, and without one nothing fits`()
    {
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
    struct Paths: Sendable, CustomTestStringConvertible {
        var reason: String
        var machine = "pc-q35-7.2"
        var arch = "x86_64"
        var bridges: [Address]
        var isMultifunction = false
        var others: [Address] = []
        var port: Address?

        var testDescription: String { reason }
    }

    @Test(arguments: [
        Paths(
            reason: "a low bridge", bridges: [Address(bus: 0, slot: 1)],
            port: Address(bus: 0, slot: 0x1e)),
        Paths(
            reason: "a device above the bridge", bridges: [Address(bus: 0, slot: 0x1c)],
            others: [Address(bus: 0, slot: 0x1e)],
            port: Address(bus: 0, slot: 0x1d)),
        Paths(
            reason: "a bridge in the last free slot", bridges: [Address(bus: 0, slot: 0x1e)],
            port: Address(bus: 0, slot: 0x1f, function: 7)),
        Paths(
            reason: "a multifunction slot of bridges",
            bridges: (0...2).map { Address(bus: 0, slot: 0x1e, function: $0) },
            isMultifunction: true, port: Address(bus: 0, slot: 0x1e, function: 7)),
        Paths(
            reason: "a bridge in the last function but one",
            bridges: [Address(bus: 0, slot: 0x1f, function: 6)],
            port: Address(bus: 0, slot: 0x1f, function: 7)),
        Paths(
            reason: "a bridge in the last function",
            bridges: [Address(bus: 0, slot: 0x1f, function: 7)]),
        Paths(
            reason: "virt, which has no built-in device in the last slot",
            machine: "virt-7.2", arch: "aarch64", bridges: [Address(bus: 0, slot: 1)],
            port: Address(bus: 0, slot: 0x1f)),
        Paths(
            reason: "virt, with a bridge in the last slot",
            machine: "virt-7.2", arch: "aarch64", bridges: [Address(bus: 0, slot: 0x1f)]),
    ])
    func `A port comes after every bridge, and the buses keep their numbers`(paths: Paths) {
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

    @Test
    func `A port shares no slot, chassis or port number with the definition's own QEMU arguments`()
    {
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

    @Test func `A guest that the plan leaves alone or refuses gets nothing in its definition`() {
        #expect(addition(PlanTests.pc(), Policy(model: .none)) == nil)
        #expect(addition(PlanTests.pc { $0.machine = "isapc" }) == nil)
        let none = PlanTests.pc {
            $0.watchdogs = [GuestFacts.Watchdog(model: "i6300esb", action: "none")]
        }
        #expect(addition(none, Policy(existing: .align)) == nil)
    }

    @Test func `A port of ours is removed only while no other device is plugged into it`() {
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
