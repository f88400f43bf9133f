// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WatchdogPolicy

/// What a definition's own QEMU arguments add to its facts.
struct QEMUArgumentsTests {
    typealias Address = GuestFacts.PCIAddress
    typealias Controller = GuestFacts.Controller

    private func pc(_ arguments: String...) -> GuestFacts {
        PlanTests.pc { $0.add(QEMUArguments(arguments: arguments)) }
    }

    private func q35(_ arguments: String...) -> GuestFacts {
        PlanTests.q35 { $0.add(QEMUArguments(arguments: arguments)) }
    }

    private static let reset = WatchdogDevice(model: .i6300esb, action: .reset)

    @Test(arguments: [
        ["-device", "virtio-rng-pci,bus=pci.0,addr=0x1f"],
        ["--device", "driver=virtio-rng-pci,addr=1f"],
        ["-device", "virtio-rng-pci,id=a,,b,addr=0x1f.3"],
        ["-device", "virtio-rng-pci,addr=0x3,addr=0X1F"],
        ["-device", #"{"driver":"virtio-rng-pci","bus":"pci.0","addr":"0x1f"}"#],
        ["-device", #"{ 'driver' : 'virtio-rng-pci', "addr" : 248 }"#],
        [
            "-device",
            #"{"driver":"x","a":{"b":[1,{"c":null}]},"d":[],"e":1.5e3,"f":"\u0041\"","addr":"1f.0"}"#,
        ],
        ["-set", "device.net0.addr=0x1f"],
        ["-global", "virtio-rng-pci.addr=0x1f"],
        ["-global", "driver=virtio-rng-pci,property=addr,value=0x1f"],
        ["-nic", "user,model=e1000,addr=0x1f"],
        ["-net", "nic,addr=0x1f"],
        ["-name", "x", "-device", "virtio-rng-pci,addr=0x1f"],
    ])
    func `A device's slot is known in each form of its argument`(arguments: [String]) {
        let facts = PlanTests.pc { $0.add(QEMUArguments(arguments: arguments)) }
        #expect(facts.usedAddresses.contains { $0.bus == 0 && $0.slot == 31 })
        #expect(facts.qemuArguments?.doubts == [])
        #expect(
            Plan(for: facts, under: .builtIn).decision
                == .attach(Self.reset, .slot(Address(bus: 0, slot: 30))))
    }

    @Test func `A device in a port takes the port, by the port's name`() {
        #expect(
            Plan(for: q35("-device", "nvme,bus=pci.3"), under: .builtIn).decision
                == .attach(Self.reset, .rootPort(Address(bus: 2, slot: 0))))
        #expect(
            Plan(for: q35("-set", "device.net0.bus=pci.3"), under: .builtIn).decision
                == .attach(Self.reset, .rootPort(Address(bus: 2, slot: 0))))
        let named = PlanTests.q35 {
            $0.controllers[3].alias = "ua-mine"
            $0.add(QEMUArguments(arguments: ["-device", "nvme,bus=ua-mine,addr=0"]))
        }
        #expect(
            Plan(for: named, under: .builtIn).decision
                == .attach(Self.reset, .rootPort(Address(bus: 2, slot: 0))))
        #expect(
            Plan(for: q35("-device", "nvme,bus=own.0"), under: .builtIn).decision
                == .attach(Self.reset, .rootPort(Address(bus: 3, slot: 0))), "another bus")
    }

    @Test(arguments: [["-set", "device.net0.addr=0x5"], ["-global", "virtio-net-pci.addr=0x5"]])
    func `A slot that is given to some device leaves the ports empty`(arguments: [String]) {
        let facts = PlanTests.q35 { $0.add(QEMUArguments(arguments: arguments)) }
        #expect(
            Plan(for: facts, under: .builtIn).decision
                == .attach(Self.reset, .rootPort(Address(bus: 3, slot: 0))))
    }

    @Test func `A device without a place takes QEMU's choice, the lowest free slot`() {
        let facts = PlanTests.pc { facts in
            facts.usedAddresses = (0...30).map { Address(bus: 0, slot: $0) }
            facts.add(
                QEMUArguments(arguments: ["-device", "virtio-rng-pci", "-device", "usb-mouse"]))
        }
        #expect(Plan(for: facts, under: .builtIn).decision == .coldPlug(Self.reset, .noFreeSlot))
    }

    @Test(arguments: [
        (["-device", "i6300esb", "-action", "watchdog=poweroff"], "i6300esb", "poweroff"),
        (
            ["-device", #"{"driver":"i6300esb"}"#, "-watchdog-action", "pause"], "i6300esb",
            "pause"
        ),
        (["-watchdog", "ib700", "-watchdog-action", "none"], "ib700", "none"),
        (
            ["--device", "ib700,id=a", "-action", "panic=none,watchdog=inject-nmi"], "ib700",
            "inject-nmi"
        ),
        (
            [
                "-action", "watchdog=pause", "-device", "i6300esb", "-watchdog-action",
                "shutdown",
            ],
            "i6300esb", "shutdown"
        ),
        (["-global", "ICH9-LPC.noreboot=off", "-action", "watchdog=pause"], "itco", "pause"),
    ])
    func `A watchdog of the arguments is the guest's own, with its action`(
        arguments: [String], model: String, action: String
    ) {
        let facts = PlanTests.pc { $0.add(QEMUArguments(arguments: arguments)) }
        let own = facts.watchdogs.first
        #expect(own?.model == model && own?.action == action && own?.isOnCommandLine == true)
        #expect(own.map(facts.origin) == .commandLine)
        let kept = Plan(for: facts, under: .builtIn)
        #expect(!kept.changesDefinition && !kept.leavesUnprotected)
        #expect(kept.name == "leave" && kept.reason.contains(quoted(action)))
        #expect(kept.warnings.contains { $0.contains("libvirt 9.0") })
        let aligned = Plan(for: facts, under: Policy(existing: .align))
        #expect(aligned.name == "refuse" && aligned.reason.contains("qemu:commandline"))
        #expect(!aligned.changesDefinition && aligned.leavesUnprotected)
    }

    @Test func `A watchdog of the arguments with the policy's action needs no change`() {
        for existing in Policy.Existing.allCases {
            let plan = Plan(for: pc("-device", "i6300esb"), under: Policy(existing: existing))
            #expect(plan.decision == .leave(.asWanted(Self.reset)))
        }
    }

    @Test
    func `An action of the arguments alone goes into the device under keep, and is in force`() {
        let facts = pc("-action", "watchdog=pause")
        #expect(
            Plan(for: facts, under: .builtIn).decision
                == .attach(
                    WatchdogDevice(model: .i6300esb, action: .pause),
                    .slot(Address(bus: 0, slot: 31))))
        let aligned = Plan(for: facts, under: Policy(existing: .align))
        #expect(aligned.name == "refuse" && aligned.reason.contains("'pause'"))
        let defined = PlanTests.pc {
            $0.watchdogs = [GuestFacts.Watchdog(model: "i6300esb", action: "reset")]
            $0.add(QEMUArguments(arguments: ["-watchdog-action", "poweroff"]))
        }
        #expect(defined.effective(defined.watchdogs[0]).action == "poweroff")
        #expect(Plan(for: defined, under: .builtIn).name == "leave")
        #expect(Plan(for: defined, under: Policy(existing: .align)).name == "refuse")
    }

    @Test(arguments: [
        ["-device"], ["-device", "{"], ["-device", #"{"driver":"x"} x"#], ["-device", "id=a"],
        ["-device", "x,addr=32"], ["-device", "x,addr=1.8"], ["-device", "x,addr="],
        ["-device", #"{"driver":"x","addr":256}"#],
        ["-device", #"{"driver":"x","addr":null}"#],
        ["-device", #"{"driver":"x","y":tru}"#], ["-device", #"{"driver":"\x"}"#],
        ["-readconfig", "/etc/x"], ["-set", "device.x"], ["-set", "device.x.addr=g"],
        ["-set", "device.x.driver=y"], ["-global", "x"], ["-global", "x.chassis=y"],
        ["-machine", "q35"], ["-M", "type=isapc"],
    ])
    func `An argument that is not understood is reported`(arguments: [String]) {
        let facts = PlanTests.pc { $0.add(QEMUArguments(arguments: arguments)) }
        #expect(facts.qemuArguments?.doubts.count == 1)
        #expect(
            Plan(for: facts, under: .builtIn).warnings.contains {
                $0.contains("cannot read all of qemu:commandline")
            })
    }

    @Test(arguments: [
        [], ["-cpu", "host"], ["-append", "-device x"], ["-machine", "usb=off"],
        ["-device", "usb-mouse,bus=usb.0,port=1.2"], ["-set", "drive.a.b=c"], ["-nic", "none"],
        ["-global", "kvm-pit.lost_tick_policy=discard"], ["-drive", "file=a,if=none"],
    ])
    func `Unrelated arguments change nothing`(arguments: [String]) {
        let line = QEMUArguments(arguments: arguments)
        let facts = PlanTests.pc { $0.add(line) }
        #expect(line.doubts.isEmpty)
        #expect(facts.usedAddresses == PlanTests.pc().usedAddresses && facts.watchdogs.isEmpty)
    }

    @Test func `An override of a device is read as a setting is`() {
        var line = QEMUArguments(arguments: [])
        line.override("addr", of: "net0", to: "248", isNumber: true)
        line.override("addr", of: "net1", to: "0x1e", isNumber: false)
        let facts = PlanTests.pc { $0.add(line) }
        #expect(
            Plan(for: facts, under: .builtIn).decision
                == .attach(Self.reset, .slot(Address(bus: 0, slot: 29))))
    }

    @Test(arguments: [
        "i6300esb.addr=0x1e", "driver=i6300esb,property=addr,value=1e", "pci-device.addr=0x5",
        "i6300esb.romfile=/x",
    ])
    func `A property of each device of the model leaves no room for one more`(argument: String) {
        for facts in [pc("-global", argument), q35("-global", argument)] {
            let plan = Plan(for: facts, under: .builtIn)
            #expect(plan.name == "refuse" && plan.reason.contains("-global"))
            #expect(PersistentAddition(plan, to: facts) == nil)
        }
        let port = q35("-global", "pcie-root-port.chassis=2")
        #expect(PersistentAddition(Plan(for: port, under: .builtIn), to: port)?.port == nil)
        #expect(
            Plan(for: q35("-global", "ICH9-LPC.noreboot=on"), under: .builtIn).warnings.count == 1)
    }

    @Test
    func `Where the arguments are not understood whole, the persistent definition stays as it is`()
    {
        for facts in [pc("-readconfig", "/x"), q35("-readconfig", "/x")] {
            let plan = Plan(for: facts, under: .builtIn)
            #expect(plan.name == "attach")
            #expect(PersistentAddition(plan, to: facts) == nil)
            #expect(
                PersistentAddition.obstacle(to: plan, in: facts)?.contains("-readconfig") == true)
        }
        #expect(PersistentAddition.obstacle(to: Plan(for: pc(), under: .builtIn), in: pc()) == nil)
    }

    @Test
    func `A definition that libvirt has yet to complete gets a place beside its own arguments`() {
        for (machine, point) in [
            ("pc", AttachPoint.slot(Address(bus: 0, slot: 31))),
            ("q35", .rootPort(Address(bus: 1, slot: 0))),
        ] {
            var facts = GuestFacts(name: "a", arch: "x86_64", machine: machine)
            facts.add(QEMUArguments(arguments: ["-device", "pci-testdev,addr=2"]))
            #expect(
                PersistentAddition(Plan(for: facts, under: .builtIn), to: facts)?.point == point)
        }
    }

    @Test func `A device with the name of ours leaves no room for it`() {
        let plan = Plan(for: pc("-device", "virtio-rng-pci,id=ua-virt-watchdog"), under: .builtIn)
        #expect(plan.name == "refuse" && plan.reason.contains("'ua-virt-watchdog'"))
        let renamed = Plan(for: pc("-set", "device.rng0.id=ua-virt-watchdog"), under: .builtIn)
        #expect(renamed.name == "refuse")
        let port = q35("-device", "virtio-rng-pci,id=ua-virt-watchdog-port")
        let addition = PersistentAddition(Plan(for: port, under: .builtIn), to: port)
        #expect(addition?.port == nil && addition?.point == .rootPort(Address(bus: 3, slot: 0)))
    }
}
