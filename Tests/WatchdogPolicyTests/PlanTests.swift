// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WatchdogPolicy

/// The decision, outcome by outcome.
struct PlanTests {
    typealias Watchdog = GuestFacts.Watchdog
    typealias Controller = GuestFacts.Controller
    typealias Address = GuestFacts.PCIAddress

    /// A live guest on the machine pc, with the usual devices.
    static func pc(_ change: (inout GuestFacts) -> Void = { _ in }) -> GuestFacts {
        var facts = GuestFacts(
            name: "i-2-7-VM", uuid: "c7a5fdbd-edaf-9455-926a-d65c16db1809", type: "kvm",
            arch: "x86_64", machine: "pc-i440fx-7.2", isLive: true,
            controllers: [Controller(model: "pci-root", index: 0)],
            usedAddresses: [Address(bus: 0, slot: 1), Address(bus: 0, slot: 2)],
            onReboot: "restart")
        change(&facts)
        return facts
    }

    /// A live guest on the machine q35, with ports 1 to 3 of which 1 is in use.
    static func q35(_ change: (inout GuestFacts) -> Void = { _ in }) -> GuestFacts {
        pc { facts in
            facts.machine = "pc-q35-7.2"
            facts.controllers =
                [Controller(model: "pcie-root", index: 0)]
                + (1...3).map { Controller(model: "pcie-root-port", index: $0) }
            facts.usedAddresses = [Address(bus: 0, slot: 31), Address(bus: 1, slot: 0)]
            change(&facts)
        }
    }

    private static let reset = WatchdogDevice(model: .i6300esb, action: .reset)
    private static let lastSlot = AttachPoint.slot(Address(bus: 0, slot: 31))

    @Test func `A guest without a watchdog gets one where it has room`() {
        #expect(Plan(for: Self.pc(), under: .builtIn) == Plan(.attach(Self.reset, Self.lastSlot)))
        #expect(
            Plan(for: Self.q35(), under: .builtIn)
                == Plan(.attach(Self.reset, .rootPort(Address(bus: 3, slot: 0)))))
        let bridge = Self.q35 {
            $0.controllers.append(Controller(model: "pcie-to-pci-bridge", index: 4))
        }
        #expect(
            Plan(for: bridge, under: .builtIn)
                == Plan(.attach(Self.reset, .slot(Address(bus: 4, slot: 31)))))
        let oneLeft = Self.q35 {
            $0.usedAddresses.append(Address(bus: 3, slot: 0))
        }
        #expect(
            Plan(for: oneLeft, under: .builtIn).decision
                == .attach(Self.reset, .rootPort(Address(bus: 2, slot: 0))))
    }

    @Test func `The highest free slot is taken, whatever is in use below it`() {
        let facts = Self.pc {
            $0.usedAddresses += [31, 30, 28].map { Address(bus: 0, slot: $0, function: 3) }
        }
        #expect(
            Plan(for: facts, under: .builtIn).decision
                == .attach(Self.reset, .slot(Address(bus: 0, slot: 29))))
    }

    @Test func `The last empty port is reported, and kept where the policy reserves it`() {
        let oneLeft = Self.q35 {
            $0.usedAddresses += [Address(bus: 2, slot: 0)]
        }
        let taken = Plan(for: oneLeft, under: .builtIn)
        #expect(taken.decision == .attach(Self.reset, .rootPort(Address(bus: 3, slot: 0))))
        #expect(taken.warnings.contains { $0.contains("last empty pcie-root-port") })
        let reserved = Plan(for: oneLeft, under: Policy(reservePorts: 1))
        #expect(reserved.decision == .coldPlug(Self.reset, .reservedPorts(1, of: 1)))
        #expect(reserved.reason.contains("vm.watchdog.reserve-ports=1"))
        #expect(Plan(for: Self.q35(), under: Policy(reservePorts: 1)).name == "attach")
        #expect(Plan(for: Self.q35(), under: Policy(reservePorts: 2)).name == "cold-plug")
        #expect(
            Plan(for: Self.pc(), under: Policy(reservePorts: 9)).name == "attach", "pc has no ports"
        )
        func settled(_ change: (inout GuestFacts) -> Void) -> [String] {
            var facts = oneLeft
            facts.watchdogs = [
                Watchdog(
                    model: "i6300esb", alias: WatchdogDevice.alias,
                    address: Address(bus: 3, slot: 0))
            ]
            facts.usedAddresses.append(Address(bus: 3, slot: 0))
            change(&facts)
            return Plan(for: facts, under: .builtIn).warnings
        }
        #expect(settled { _ in }.count == 1)
        #expect(
            settled { $0.controllers.append(Controller(model: "pcie-root-port", index: 4)) }.isEmpty
        )
        #expect(settled { $0.controllers[3].alias = PersistentAddition.RootPort.alias }.isEmpty)
    }

    @Test func `The policy's action and the guest's own go into the device`() {
        #expect(
            Plan(for: Self.pc(), under: Policy(action: .pause)).decision
                == .attach(WatchdogDevice(model: .i6300esb, action: .pause), Self.lastSlot))
        let guest = Self.pc {
            $0.guestPolicy = GuestPolicy(attributes: [("action", "dump")])
        }
        #expect(
            Plan(for: guest, under: Policy(action: .pause)).decision
                == .attach(WatchdogDevice(model: .i6300esb, action: .dump), Self.lastSlot))
    }

    @Test func `Each reason to leave a guest alone is distinct`() {
        func reason(_ policy: Policy, _ facts: GuestFacts) -> String {
            let plan = Plan(for: facts, under: policy)
            #expect(plan.name == "leave")
            #expect(!plan.changesDefinition && !plan.changesLiveGuest && !plan.leavesUnprotected)
            return plan.reason
        }
        #expect(reason(Policy(fault: "f:1:2: no"), Self.pc()).contains("f:1:2: no"))
        #expect(reason(Policy(model: .none), Self.pc()).contains("vm.watchdog.model=none"))
        let excluded = Policy(exclude: [GuestPattern("i-*-VM")])
        #expect(reason(excluded, Self.pc()).contains("does not cover"))
        let notIncluded = Policy(include: [GuestPattern("r-*")])
        #expect(reason(notIncluded, Self.pc()).contains("does not cover"))
        let both = Policy(include: [GuestPattern("i-*")], exclude: [GuestPattern("*-VM")])
        #expect(reason(both, Self.pc()).contains("does not cover"))
        let optedOut = Self.pc { $0.guestPolicy = GuestPolicy(attributes: [("enabled", "no")]) }
        #expect(reason(.builtIn, optedOut).contains("wants no watchdog"))
        let noModel = Self.pc { $0.guestPolicy = GuestPolicy(attributes: [("model", "none")]) }
        #expect(reason(.builtIn, noModel).contains("wants no watchdog"))
        let removed = Self.pc { $0.isOptedOutOfRun = true }
        #expect(reason(.builtIn, removed).contains("has removed the watchdog from this run"))
        #expect(reason(.builtIn, removed).contains("run virt-watchdog apply GUEST"))
        let faulty = Self.pc { $0.guestPolicy = GuestPolicy(attributes: [("model", "x")]) }
        #expect(reason(.builtIn, faulty).contains("cannot use the policy in the guest's metadata"))
        let there = Self.pc { $0.watchdogs = [Watchdog(model: "i6300esb")] }
        #expect(reason(.builtIn, there) == "the guest already has i6300esb with action reset")
        let other = Self.pc { $0.watchdogs = [Watchdog(model: "ib700")] }
        #expect(reason(.builtIn, other).contains("'ib700' with the policy's action"))
        let kept = Self.pc { $0.watchdogs = [Watchdog(model: "i6300esb", action: "none")] }
        #expect(reason(.builtIn, kept).contains("vm.watchdog.existing=keep"))
    }

    @Test
    func `The guest's metadata wins over the host's policy, but not over include and exclude`() {
        let wants = Self.pc { $0.guestPolicy = GuestPolicy(attributes: [("enabled", "yes")]) }
        #expect(Plan(for: wants, under: Policy(model: .none)).name == "attach")
        let model = Self.pc { $0.guestPolicy = GuestPolicy(attributes: [("model", "ib700")]) }
        #expect(Plan(for: model, under: Policy(model: .none)).name == "cold-plug")
        #expect(Plan(for: wants, under: Policy(exclude: [GuestPattern("*")])).name == "leave")
    }

    @Test(
        arguments: [
            (Watchdog(model: "i6300esb", action: "none"), Policy.Existing.align, "change-action"),
            (Watchdog(model: "ib700", action: "pause"), .align, "change-action"),
            (Watchdog(model: "i6300esb", action: "none"), .keep, "leave"),
            (
                Watchdog(model: "i6300esb", action: "none", alias: WatchdogDevice.alias), .keep,
                "change-action"
            ),
            (Watchdog(model: "i6300esb", action: "reset"), .align, "leave"),
            (Watchdog(model: "ib700", action: "reset"), .align, "leave"),
            (Watchdog(model: "unheard-of", action: "strange"), .keep, "leave"),
            (Watchdog(model: "unheard-of", action: "strange"), .align, "change-action"),
        ] as [(Watchdog, Policy.Existing, String)])
    func `Another action is changed with align, and always where the device is ours`(
        watchdog: Watchdog, existing: Policy.Existing, name: String
    ) {
        let facts = Self.pc { $0.watchdogs = [watchdog] }
        #expect(Plan(for: facts, under: Policy(existing: existing)).name == name)
    }

    @Test func `The implicit iTCO of q35 does not count as a chosen watchdog`() {
        let implicit = Self.q35 { $0.watchdogs = [Watchdog(model: "itco")] }
        #expect(Plan(for: implicit, under: .builtIn).name == "attach")
        // A guest has one action for all its watchdogs.
        let pause = Plan(for: implicit, under: Policy(action: .pause))
        #expect(pause.name == "attach")
        #expect(pause.companion == Watchdog(model: "itco"))
        #expect(pause.reason.contains("at first with action 'reset'"))
        // What libvirt does by its definition, no monitor can change.
        let dump = Plan(for: implicit, under: Policy(action: .dump))
        #expect(dump.name == "cold-plug")
        #expect(dump.reason.contains("share one action"))
        #expect(Plan(for: implicit, under: Policy(model: .model(.itco))).name == "leave")
        #expect(
            Plan(for: implicit, under: Policy(model: .model(.itco), action: .pause)).decision
                == .changeAction(from: "reset", to: .pause))
        let chosen = Self.q35 { $0.watchdogs = [Watchdog(model: "itco", action: "none")] }
        #expect(Plan(for: chosen, under: .builtIn).name == "leave")
        #expect(
            Plan(for: chosen, under: Policy(existing: .align)).decision
                == .changeAction(from: "none", to: .reset))
        let beside = Self.q35 {
            $0.watchdogs = [
                Watchdog(model: "itco"), Watchdog(model: "i6300esb", alias: WatchdogDevice.alias),
            ]
        }
        #expect(Plan(for: beside, under: .builtIn).decision == .leave(.asWanted(Self.reset)))
    }

    @Test(
        arguments: [
            ("ib700", "x86_64", "pc-q35-7.2"), ("ib700", "aarch64", "virt"),
            ("ib700", "x86_64", "isapc"), ("itco", "x86_64", "pc-i440fx-7.2"),
            ("itco", "x86_64", "pc"), ("diag288", "x86_64", "q35"), ("diag288", "ppc64", "pseries"),
            ("i6300esb", "x86_64", "isapc"), ("i6300esb", "x86_64", "microvm"),
            ("i6300esb", "s390x", "s390-ccw-virtio-7.2"),
        ] as [(String, String, String)])
    func `A machine that cannot take the model is refused, with the machine and the fix`(
        model: String, arch: String, machine: String
    ) throws {
        let facts = GuestFacts(name: "g", arch: arch, machine: machine)
        let model = try #require(WatchdogModel(rawValue: model))
        let plan = Plan(for: facts, under: Policy(model: .model(model)))
        #expect(plan.name == "refuse")
        #expect(plan.reason.contains("'\(machine)'"))
        #expect(plan.leavesUnprotected && !plan.changesDefinition)
    }

    @Test(
        arguments: [
            ("s390x", "s390-ccw-virtio", WatchdogModel.diag288), ("x86_64", "pc", .i6300esb),
            ("s390x", "s390-ccw-virtio-jammy", .diag288), ("x86_64", "xenfv-4.2", .i6300esb),
            ("x86_64", "q35", .i6300esb), ("aarch64", "virt", .i6300esb),
            ("ppc64le", "pseries-7.2", .i6300esb),
        ] as [(String, String, WatchdogModel)])
    func `The model that fits is chosen where none is named`(
        arch: String, machine: String, model: WatchdogModel
    ) {
        let facts = GuestFacts(name: "g", arch: arch, machine: machine)
        switch Plan(for: facts, under: .builtIn).decision {
        case .attach(let device, _), .coldPlug(let device, _): #expect(device.model == model)
        default: Issue.record("\(Plan(for: facts, under: .builtIn))")
        }
    }

    @Test(
        arguments: [
            ("ib700", "x86_64", "pc"), ("ib700", "x86_64", "pc-i440fx-rhel7.6.0"),
            ("ib700", "i686", "pc"), ("itco", "x86_64", "q35"),
            ("diag288", "s390x", "s390-ccw-virtio"),
        ] as [(String, String, String)])
    func `A model that cannot be hot-plugged waits for a cold start`(
        model: String, arch: String, machine: String
    ) throws {
        let model = try #require(WatchdogModel(rawValue: model))
        let plan = Plan(
            for: GuestFacts(name: "g", arch: arch, machine: machine),
            under: Policy(model: .model(model)))
        #expect(plan.name == "cold-plug")
        #expect(plan.changesDefinition && !plan.changesLiveGuest && plan.leavesUnprotected)
    }

    @Test func `A guest with no place left waits for a cold start`() {
        let noPort = Self.q35 {
            $0.usedAddresses += [Address(bus: 2, slot: 0), Address(bus: 3, slot: 0)]
        }
        let hotplugOff = Self.q35 {
            $0.controllers = [
                Controller(model: "pcie-root", index: 0),
                Controller(model: "pcie-root-port", index: 1, allowsHotplug: false),
            ]
            $0.usedAddresses = []
        }
        let noSlot = Self.pc { facts in
            facts.usedAddresses = (1...31).map { Address(bus: 0, slot: $0) }
        }
        let rootOff = Self.pc {
            $0.controllers = [Controller(model: "pci-root", index: 0, allowsHotplug: false)]
        }
        for facts in [noPort, hotplugOff, noSlot, rootOff] {
            #expect(
                Plan(for: facts, under: .builtIn).decision == .coldPlug(Self.reset, .noFreeSlot))
        }
        let bridgeHasRoom = Self.pc { facts in
            facts.usedAddresses = (1...31).map { Address(bus: 0, slot: $0) }
            facts.controllers.append(Controller(model: "pci-bridge", index: 1))
        }
        #expect(
            Plan(for: bridgeHasRoom, under: .builtIn).decision
                == .attach(Self.reset, .slot(Address(bus: 1, slot: 31))))
    }

    @Test func `A guest whose bus 0 takes no hot-plug waits, as libvirt would pick that bus`() {
        let withoutACPI = Self.pc { $0.hasACPI = false }
        let cold = Plan(for: withoutACPI, under: .builtIn)
        #expect(cold.decision == .coldPlug(Self.reset, .noACPI))
        #expect(cold.reason.contains("<acpi/>"))
        var bridged = withoutACPI
        bridged.controllers.append(Controller(model: "pci-bridge", index: 1))
        bridged.usedAddresses.append(Address(bus: 1, slot: 1))
        let attach = Plan(for: bridged, under: .builtIn)
        #expect(attach.decision == .attach(Self.reset, .slot(Address(bus: 1, slot: 31))))
        #expect(attach.reason.contains("slot 31 of PCI bus 1"))
        let rootOff = Self.pc {
            $0.controllers = [
                Controller(model: "pci-root", index: 0, allowsHotplug: false),
                Controller(model: "pci-bridge", index: 1),
            ]
        }
        #expect(
            Plan(for: rootOff, under: .builtIn).decision
                == .attach(Self.reset, .slot(Address(bus: 1, slot: 31))))
        // Other machines do not need ACPI for that.
        let express = Self.q35 { $0.hasACPI = false }
        #expect(Plan(for: express, under: .builtIn).name == "attach")
        #expect(
            Plan(for: express, under: .builtIn).warnings.count == 1, "a booted guest sees it later")
        let power = Self.pc {
            $0.hasACPI = false
            ($0.arch, $0.machine) = ("ppc64le", "pseries-7.2")
        }
        #expect(Plan(for: power, under: .builtIn).decision == .attach(Self.reset, Self.lastSlot))
    }

    @Test func `The port of a switch is as good as a root port`() {
        let facts = Self.q35 {
            $0.controllers = [
                Controller(model: "pcie-root", index: 0),
                Controller(model: "pcie-root-port", index: 1),
                Controller(model: "pcie-switch-upstream-port", index: 2),
                Controller(model: "pcie-switch-downstream-port", index: 3),
            ]
            $0.usedAddresses = [Address(bus: 1, slot: 0), Address(bus: 2, slot: 0)]
        }
        #expect(
            Plan(for: facts, under: .builtIn).decision
                == .attach(Self.reset, .rootPort(Address(bus: 3, slot: 0))))
    }

    @Test func `The time of a decision grows linearly with ports and devices`() {
        func duration(_ count: UInt32) -> Duration {
            let facts = Self.q35 { facts in
                facts.controllers += (4..<count).map {
                    Controller(model: "pcie-root-port", index: $0)
                }
                facts.usedAddresses = (0..<count).map { Address(bus: $0, slot: 0) }
            }
            // The shortest: whatever else the machine does only makes it longer.
            return (0..<5).map { _ in
                ContinuousClock().measure {
                    #expect(Plan(for: facts, under: .builtIn).name == "cold-plug")
                }
            }.min() ?? .zero
        }
        let ratio = duration(16_000) / duration(2000)
        #expect(ratio < 24, "64 times, if each port is compared with each device")
    }

    @Test func `A live guest without any PCI controller has no PCI`() {
        let facts = GuestFacts(name: "g", arch: "riscv64", machine: "spike", isLive: true)
        #expect(Plan(for: facts, under: .builtIn).name == "refuse")
        var unseen = facts
        unseen.isLive = false
        #expect(
            Plan(for: unseen, under: .builtIn).name == "attach", "libvirt has yet to complete it")
    }

    @Test(
        arguments: [
            ("ubuntu", .i440fx), ("ubuntu-q35", .q35), ("pc-i440fx-jammy", .i440fx),
            ("pc-q35-noble", .q35), ("pc-q35-rhel9.4.0", .q35), ("pc-i440fx-rhel7.6.0", .i440fx),
            ("rhel6.5.0", .i440fx), ("xenfv", .i440fx), ("xenfv-4.2", .i440fx),
            ("pc-0.12", .i440fx), ("pc-1.3", .i440fx), ("acme-q35-2", .q35),
            ("acme-i440fx", .i440fx), ("", .i440fx), ("acme", .other), ("isapc", .withoutPCI),
            ("microvm", .withoutPCI), ("none", .withoutPCI), ("xenpv", .withoutPCI),
        ] as [(String, MachineType)])
    func `A machine is known by its family, and on x86 by its PCI controllers first`(
        name: String, type: MachineType
    ) {
        for arch in ["x86_64", "i686", nil] {
            #expect(MachineType(arch: arch, machine: name) == type)
        }
        let express = [Controller(model: "pcie-root", index: 0)]
        let conventional = [Controller(model: "pci-root", index: 0)]
        #expect(
            MachineType(arch: "x86_64", machine: name, controllers: express)
                == (type == .withoutPCI ? type : .q35))
        #expect(
            MachineType(arch: "x86_64", machine: name, controllers: conventional)
                == (type == .withoutPCI ? type : .i440fx))
        #expect(MachineType(arch: "ppc64", machine: "mac99", controllers: conventional) == .other)
    }

    @Test func `A downstream machine takes the models of its family`() {
        func name(_ model: WatchdogModel, _ machine: String, _ root: String) -> String {
            var facts = GuestFacts(name: "g", arch: "x86_64", machine: machine)
            facts.controllers = [Controller(model: root, index: 0)]
            return Plan(for: facts, under: Policy(model: .model(model))).name
        }
        #expect(name(.ib700, "ubuntu", "pci-root") == "cold-plug")
        #expect(name(.itco, "ubuntu-q35", "pcie-root") == "cold-plug")
        #expect(name(.ib700, "acme", "pci-root") == "cold-plug")
        #expect(name(.ib700, "acme", "pcie-root") == "refuse")
        #expect(name(.itco, "acme", "pcie-root") == "cold-plug")
    }

    @Test(
        arguments: [
            ("armv7l", "vexpress-a15"), ("aarch64", "raspi3b"), ("aarch64", "xlnx-versal-virt"),
            (nil, "vexpress-a9"), ("aarch64", "none"), ("m68k", "virt"), ("riscv64", "sifive_u"),
            ("armv7l", "romulus-bmc"),
        ] as [(String?, String)])
    func `A machine that has no PCI is refused before libvirt has completed its definition`(
        arch: String?, machine: String
    ) {
        let facts = GuestFacts(name: "g", arch: arch, machine: machine)
        #expect(
            Plan(for: facts, under: .builtIn).decision
                == .refuse(.noPCI(.i6300esb, machine: machine)))
    }

    @Test
    func `An inactive guest that libvirt has completed without any PCI controller has no PCI`() {
        func name(_ arch: String, _ machine: String, isComplete: Bool) -> String {
            var facts = GuestFacts(name: "g", arch: arch, machine: machine)
            facts.isComplete = isComplete
            return Plan(for: facts, under: .builtIn).name
        }
        #expect(name("armv7l", "acme", isComplete: true) == "refuse")
        #expect(name("riscv64", "spike", isComplete: true) == "refuse")
        #expect(name("armv7l", "acme", isComplete: false) == "attach")
        // libvirt shows the PCI bus of these: such a definition was written by hand.
        for (arch, machine) in [
            ("x86_64", "pc"), ("x86_64", "ubuntu-q35"), ("aarch64", "virt-9.0"),
            ("ppc64le", "pseries"),
        ] {
            #expect(name(arch, machine, isComplete: true) == "attach")
        }
    }

    @Test
    func `A model that the emulator does not have is refused, with the emulator and the fix`() {
        let facts = Self.pc {
            $0.emulator = "/usr/libexec/qemu-lite"
            $0.missingModels = [.i6300esb]
        }
        let plan = Plan(for: facts, under: .builtIn)
        #expect(
            plan.decision
                == .refuse(.notInEmulator(.i6300esb, emulator: "/usr/libexec/qemu-lite")))
        #expect(plan.leavesUnprotected && !plan.changesDefinition)
        #expect(plan.reason.contains("'/usr/libexec/qemu-lite' does not have the model"))
        #expect(plan.reason.contains("install the full QEMU"))
        let other = Policy(model: .model(.ib700))
        #expect(Plan(for: facts, under: other).name == "cold-plug", "another model is there")
        var has = facts
        has.watchdogs = [Watchdog(model: "i6300esb")]
        #expect(
            Plan(for: has, under: .builtIn).name == "leave", "the guest shows that it is there")
    }

    @Test(arguments: ["lxc", "xen", "bhyve"])
    func `A domain of another hypervisor is refused`(type: String) {
        #expect(Plan(for: Self.pc { $0.type = type }, under: .builtIn).name == "refuse")
    }

    @Test func `on_reboot=destroy gives a warning if the action is a reset`() {
        let destroy = Self.pc { $0.onReboot = "destroy" }
        #expect(Plan(for: destroy, under: .builtIn).warnings.count == 1)
        #expect(Plan(for: destroy, under: .builtIn).name == "attach")
        #expect(Plan(for: destroy, under: Policy(action: .pause)).warnings.isEmpty)
        #expect(Plan(for: Self.pc(), under: .builtIn).warnings.isEmpty)
        #expect(Plan(for: destroy, under: Policy(model: .none)).warnings.isEmpty)
    }

    @Test func `Of several watchdogs, align looks at each`() {
        let mixed = Self.pc {
            $0.watchdogs = [Watchdog(model: "i6300esb"), Watchdog(model: "ib700", action: "none")]
        }
        #expect(
            Plan(for: mixed, under: Policy(existing: .align)).decision
                == .changeAction(from: "none", to: .reset))
        #expect(Plan(for: mixed, under: .builtIn).decision == .leave(.asWanted(Self.reset)))
    }

    @Test func `Every plan that is carried out again and again soon has nothing left to do`() {
        var checked = 0
        for policy in Self.policies {
            for facts in Self.guests {
                var facts = facts
                var rounds = 0
                while let after = facts.carryingOut(Plan(for: facts, under: policy)) {
                    facts = after
                    rounds += 1
                    // A chosen iTCO is aligned first and has company then.
                    guard rounds <= 2 else {
                        Issue.record(
                            "\(policy) \(facts): \(Plan(for: facts, under: policy).reason)")
                        break
                    }
                }
                checked += rounds
            }
        }
        #expect(checked > 100)
    }

    private static var policies: [Policy] {
        [ModelChoice.fitting, .model(.i6300esb), .model(.ib700), .model(.itco), .model(.diag288)]
            .flatMap { model in
                [WatchdogAction.reset, .pause, .none].flatMap { action in
                    Policy.Existing.allCases.map {
                        Policy(model: model, action: action, existing: $0)
                    }
                }
            }
    }

    private static var guests: [GuestFacts] {
        let existing: [[Watchdog]] = [
            [], [Watchdog(model: "i6300esb")], [Watchdog(model: "i6300esb", action: "none")],
            [Watchdog(model: "itco")], [Watchdog(model: "itco", action: "pause")],
            [Watchdog(model: "ib700", action: "dump")],
            [Watchdog(model: "itco"), Watchdog(model: "i6300esb")],
        ]
        return existing.flatMap { watchdogs in
            [pc { $0.watchdogs = watchdogs }, q35 { $0.watchdogs = watchdogs }]
        }
    }
}

extension GuestFacts {
    /// The facts after a plan was carried out, as far as it changes anything: at once or by a cold
    /// start, after which all watchdogs share one action.
    fileprivate func carryingOut(_ plan: Plan) -> GuestFacts? {
        var facts = self
        let action: String
        switch plan.decision {
        case .attach(let device, _), .coldPlug(let device, _):
            facts.watchdogs.append(Watchdog(model: device.model.rawValue))
            action = device.action.rawValue
        case .changeAction(_, let new): action = new.rawValue
        case .leave, .refuse: return nil
        }
        for index in facts.watchdogs.indices { facts.watchdogs[index].action = action }
        return facts
    }
}
