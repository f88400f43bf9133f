// SPDX-License-Identifier: Apache-2.0

import Testing
import WatchdogPolicy

@testable import Libvirt
@testable import TimerProbe

/// Reading the timers of guests whose monitors answer, refuse, or fail half-way.
struct TimerReaderTests {
    private typealias Watchdog = GuestFacts.Watchdog

    private static let ours = Watchdog(model: "i6300esb", alias: "ua-virt-watchdog")

    private func facts(_ root: String, _ watchdogs: [Watchdog] = [ours]) -> GuestFacts {
        GuestFacts(
            name: "fake", arch: "x86_64", isLive: true,
            controllers: [GuestFacts.Controller(model: root, index: 0)], watchdogs: watchdogs)
    }

    private func read(_ machine: FakeMachine, _ facts: GuestFacts) -> TimerReader.Reading {
        FakeClock().reader().read(facts, of: machine)
    }

    @Test func `On a PCIe machine, bit 1 at 0x68 is read through ECAM at the guest's own bus`() {
        let machine = FakeMachine()
        for (value, state) in [(0, TimerState.notArmed), (1, .notArmed), (2, .armed), (7, .armed)] {
            machine.registers[0x68] = UInt32(value)
            #expect(
                read(machine, facts("pcie-root"))
                    == TimerReader.Reading(timers: [state], usedMonitor: true))
        }
        #expect(machine.commands.contains("xp /1bx 0xb0228068"))
    }

    @Test func `A watchdog of QEMU's own arguments is read with and without an ID`() {
        let machine = FakeMachine()
        machine.registers[0x68] = 2
        for id in ["mine", nil] {
            machine.id = id ?? ""
            let own = Watchdog(model: "i6300esb", alias: id, isOnCommandLine: true)
            #expect(read(machine, facts("pcie-root", [own])).timers == [.armed])
        }
        let ours = Watchdog(model: "i6300esb")
        #expect(read(machine, facts("pcie-root", [ours])).timers.first?.doubt != nil)
    }

    @Test func `Nothing but reading is asked of a monitor`() {
        let itco = Watchdog(model: "itco", alias: "watchdog0")
        for root in ["pci-root", "pcie-root"] {
            let machine = FakeMachine()
            machine.ports = [0x660: 0x25, 0x668: 0]
            _ = read(machine, facts(root, [Self.ours, itco]))
            let reads = ["info mtree", "xp /", "i /h 0x66", #"{"execute":"query-pci"}"#]
            #expect(!machine.commands.isEmpty)
            #expect(
                machine.commands.allSatisfy { command in
                    reads.contains { command.hasPrefix($0) }
                }, "\(machine.commands)")
        }
    }

    @Test func `A user who may only read is told to run as root, and taints no guest`() {
        for code in [LibvirtError.Code.operationDenied, .accessDenied] {
            let machine = FakeMachine()
            machine.failures[""] = LibvirtError(code: code, message: "forbidden")
            var facts = facts("pcie-root")
            facts.agent = .connected
            let reading = read(machine, facts)
            #expect(reading.timers.first?.doubt?.hasSuffix("run as root") == true)
            #expect(!reading.usedMonitor && !reading.usedAgent)
            #expect(machine.agent.commands.isEmpty)
        }
    }

    @Test func `On pc the monitor tells no timer, and the reason names the remedy`() {
        let machine = FakeMachine()
        machine.registers[0x68] = 2
        let reading = read(machine, facts("pci-root"))
        let doubt = reading.timers.first?.doubt
        #expect(doubt?.contains("install qemu-guest-agent") == true)
        #expect(doubt?.contains("org.qemu.guest_agent.0") == true)
        #expect(doubt?.contains("--accept-unknown") == true)
        #expect(machine.agent.commands.isEmpty)
    }

    @Test(arguments: ["pci-root", "pcie-root"])
    func `The flag of an earlier fire is read from the device's memory`(root: String) {
        let machine = FakeMachine()
        #expect(!read(machine, facts(root)).showsFire)
        machine.reloadRegister = 0x1200
        let reading = read(machine, facts(root))
        #expect(reading.showsFire)
        #expect(reading.usedMonitor)
        #expect(machine.commands.contains("xp /1hx 0xfebf000c"))
        // Without a device there, or before the firmware has mapped it, nothing is seen.
        machine.reloadRegister = 0xffff
        #expect(!read(machine, facts(root)).showsFire)
        machine.reloadRegister = 0x1200
        machine.memory = -1
        #expect(!read(machine, facts(root)).showsFire)
    }

    @Test func `Without leave, no monitor is asked`() {
        let machine = FakeMachine()
        machine.registers[0x68] = 2
        let reading = FakeClock().reader().read(
            facts("pcie-root"), of: machine, by: TimerReader.Sources(usesMonitor: false))
        #expect(reading.timers.first?.doubt?.contains("monitor was not asked") == true)
        #expect(!reading.usedMonitor)
        #expect(machine.commands.isEmpty)
    }

    @Test func `A timer is unknown until the firmware has numbered the bus and opened ECAM`() {
        for change in [
            { (machine: FakeMachine) in machine.bus = nil },
            { $0.hasWindow = false },
            { $0.registers = [0: 0xffff_ffff, 0x68: 0xff] },
        ] {
            for root in ["pcie-root", "pci-root"] {
                let machine = FakeMachine()
                machine.registers[0x68] = 2
                change(machine)
                guard root == "pcie-root" || machine.hasWindow else { continue }
                let doubt = read(machine, facts(root)).timers.first?.doubt
                #expect(root == "pci-root" ? doubt != nil : doubt?.contains("firmware") == true)
            }
        }
    }

    @Test func `Another device at the watchdog's address is not taken for the watchdog`() {
        let machine = FakeMachine()
        machine.registers[0x68] = 2
        let other = Watchdog(model: "i6300esb", alias: "watchdog0")
        #expect(read(machine, facts("pcie-root", [other])).timers.first?.doubt != nil)
    }

    @Test func `The iTCO counts as armed only where it is not halted and has time left`() {
        let itco = Watchdog(model: "itco", alias: "watchdog0")
        let machine = FakeMachine()
        machine.ports = [0x660: 0x25, 0x668: 0]
        #expect(read(machine, facts("pcie-root", [itco])).timers == [.armed])
        machine.ports[0x668] = 0x0800
        #expect(read(machine, facts("pcie-root", [itco])).timers == [.notArmed])
        machine.ports = [0x660: 0, 0x668: 0]
        #expect(read(machine, facts("pcie-root", [itco])).timers.first?.doubt != nil)
        machine.lpcRegisters[0x44] = 0
        machine.ports = [0x660: 0x25, 0x668: 0]
        #expect(read(machine, facts("pcie-root", [itco])).timers.first?.doubt != nil)
    }

    @Test func `ECAM is searched once for each kind of guest, and again if the address is stale`() {
        let reader = FakeClock().reader()
        let machine = FakeMachine()
        machine.registers[0x68] = 2
        let facts = facts("pcie-root")
        func looks() -> Int { machine.commands.count { $0 == "info mtree" } }
        #expect(reader.read(facts, of: machine).timers == [.armed])
        #expect(reader.read(facts, of: machine).timers == [.armed])
        #expect(looks() == 1)
        machine.window = 0xe000_0000
        #expect(reader.read(facts, of: machine).timers == [.armed])
        #expect(looks() == 2)
        var other = facts
        other.firmware = "/usr/share/OVMF/OVMF_CODE.fd"
        #expect(reader.read(other, of: machine).timers == [.armed])
        #expect(looks() == 3)
    }

    @Test func `Each watchdog has its own state, in the order of the definition`() {
        let machine = FakeMachine()
        machine.registers[0x68] = 2
        machine.ports = [0x660: 0x25, 0x668: 0x0800]
        let itco = Watchdog(model: "itco", alias: "watchdog0")
        #expect(
            read(machine, facts("pcie-root", [itco, Self.ours])).timers == [.notArmed, .armed])
    }

    @Test(arguments: ["ib700", "diag288", "new"])
    func `A model whose timer cannot be read is unknown`(model: String) {
        let machine = FakeMachine()
        let reading = read(machine, facts("pci-root", [Watchdog(model: model)]))
        #expect(reading.timers.first?.doubt?.contains(model) == true)
        #expect(machine.commands.isEmpty)
    }

    @Test func `Only well-formed monitor output gives a value`() {
        #expect(MonitorAnswer.value("00000000b0100068: 0x02\r\n") == 2)
        #expect(MonitorAnswer.value("portl[0x0cf8] = 0x80001068\r\n") == 0x8000_1068)
        #expect(MonitorAnswer.value("00000000b0100068: Cannot access memory\r\n") == nil)
        #expect(MonitorAnswer.value("") == nil)
        #expect(MonitorAnswer.value("0x") == nil)
        #expect(MonitorAnswer.value("0x123456789") == nil)
    }

    @Test func `ECAM is found only in processor memory, and only once it is open`() {
        let line = "    00000000e0000000-00000000efffffff (prio 0, i/o): pcie-mmcfg-mmio"
        let alias =
            "    0000004010000000-000000401fffffff (prio 0, i/o): alias pcie-ecam"
            + " @pcie-mmcfg-mmio 0000000000000000-000000000fffffff"
        let memory = "address-space: memory\n  0-f (prio 0, i/o): system\n"
        #expect(MonitorAnswer.configurationWindow(memory + line) == 0xe000_0000...0xefff_ffff)
        #expect(
            MonitorAnswer.configurationWindow(memory + alias) == 0x40_1000_0000...0x40_1fff_ffff)
        #expect(
            MonitorAnswer.configurationWindow(
                "address-space: cpu-memory-0\n" + memory + "address-space: I/O\n" + line) == nil)
        #expect(MonitorAnswer.configurationWindow(memory + line + " [disabled]") == nil)
        #expect(MonitorAnswer.configurationWindow("memory-region: x\n" + line) == nil)
    }
}
