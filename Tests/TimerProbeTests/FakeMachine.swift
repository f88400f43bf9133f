// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Testing

/// A QEMU without QEMU: it answers the monitor's commands for one PCI device and has a guest agent, and
/// remembers its commands. A reader uses it from one thread at a time.
final class FakeMachine: MonitoredGuest, GuestWithAgent, @unchecked Sendable {
    /// The device's bus as the firmware numbered it, or nothing before it has.
    var bus: UInt32? = 2
    /// The device's slot.
    var slot: UInt32 = 5
    /// Whether the firmware has opened the window for configuration space.
    var hasWindow = true
    /// The device's configuration space, by register; four bytes each.
    var registers: [UInt32: UInt32] = [0: 0x25ab_8086, 0x68: 0]
    /// The chipset's registers at 0x40 and 0x44 of its LPC bridge.
    var lpcRegisters: [UInt32: UInt32] = [0x40: 0x601, 0x44: 0x80]
    /// I/O ports, the width aside.
    var ports: [UInt32: UInt32] = [:]
    /// The address of the device's memory, or -1 where it is not mapped.
    var memory: Int64 = 0xfebf_0000
    /// The device's reload register, at 0xc of its memory.
    var reloadRegister: UInt32 = 0
    /// The guest agent.
    let agent = FakeAgent()
    /// The commands that fail, and how.
    var failures: [String: LibvirtError] = [:]
    private(set) var commands: [String] = []

    /// The watchdog's ID in QEMU.
    var id = "ua-virt-watchdog"

    /// Where the window for configuration space is.
    var window: UInt32 = 0xb000_0000

    func ask(machine command: String) throws(LibvirtError) -> String {
        try note(command)
        let device = bus.map { bus in
            """
            {"bus":\(bus),"slot":\(slot),"function":0,"qdev_id":"\(id)",
             "id":{"vendor":32902,"device":9643},"regions":[{"bar":0,"type":"memory","size":16,"address":\(memory),
                         "prefetch":false,"mem_type_64":false}],"class_info":{"class":2176}}
            """
        }
        return """
            {"return":[{"bus":0,"devices":[
              {"bus":0,"slot":0,"function":0,"qdev_id":"","id":{"vendor":32902,"device":1}},
              {"bus":0,"slot":1,"function":0,"qdev_id":"pci.1","id":{"vendor":6966,"device":12},
               "pci_bridge":{"bus":{"number":0},"devices":[\(device ?? "")]}}]}],"id":"libvirt-9"}
            """
    }

    func ask(human command: String) throws(LibvirtError) -> String {
        try note(command)
        let words = command.split(separator: " ")
        switch words[0] {
        case "info": return tree
        case "xp":
            return "\(words[2].dropFirst(2)): " + read(memory: number(words[2]), format: words[1])
        case "i":
            let port = number(words[2])
            let value = ports[port]
            return "portx[0x0]\u{20}= 0x" + String(cut(value ?? 0, to: words[1]), radix: 16)
        default: throw LibvirtError(code: .operationFailed, message: "unknown command")
        }
    }

    func forAnotherThread() throws(LibvirtError) -> FakeMachine { self }

    func ask(agent command: String, timeout: Int32) throws(LibvirtError) -> String {
        try agent.answer(command)
    }

    private func note(_ command: String) throws(LibvirtError) {
        commands.append(command)
        if let error = failures.first(where: { command.hasPrefix($0.key) })?.value { throw error }
    }

    private func number(_ word: Substring) -> UInt32 {
        UInt32(word.dropFirst(2), radix: 16) ?? 0
    }

    private func cut(_ value: UInt32, to format: Substring) -> UInt32 {
        format.hasSuffix("b") || format.hasSuffix("bx")
            ? value & 0xff : format.hasSuffix("h") ? value & 0xffff : value
    }

    private func read(memory address: UInt32, format: Substring) -> String {
        if memory > 0, address == UInt32(memory) + 0xc {
            return "0x" + String(reloadRegister, radix: 16) + "\r\n"
        }
        let offset = address &- window
        let register = offset & 0xfff
        let space: [UInt32: UInt32]? =
            offset >> 12 == (bus ?? 0) << 8 | slot << 3
            ? registers : offset >> 12 == 31 << 3 ? lpcRegisters : nil
        guard hasWindow, let space else { return "Cannot access memory\r\n" }
        return "0x" + String(cut(space[register] ?? 0, to: format), radix: 16) + "\r\n"
    }

    private var tree: String {
        let first = String(window, radix: 16)
        let last = String(window + 0xfff_ffff, radix: 16)
        let line = "    00000000\(first)-00000000\(last) (prio 0, i/o): pcie-mmcfg-mmio"
        return [
            "address-space: pcie-root-port",
            "  0000000000000000-ffffffffffffffff (prio 0, i/o): bus master container",
            "", "address-space: memory", "address-space: cpu-memory-0",
            "  0000000000000000-ffffffffffffffff (prio 0, i/o): system",
            hasWindow ? line : line + " [disabled]", "",
            "memory-region: pcie-mmcfg-mmio",
            "  0000000000000000-000000000fffffff (prio 0, i/o): pcie-mmcfg-mmio", "",
        ].joined(separator: "\r\n")
    }
}
