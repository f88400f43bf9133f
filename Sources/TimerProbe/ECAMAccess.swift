// SPDX-License-Identifier: Apache-2.0

internal import Libvirt

/// The memory window with the configuration space of a PCIe machine's devices.
///
/// Reading memory changes nothing in the guest.
struct ECAMAccess<Monitored: MonitoredGuest> {
    let guest: Monitored
    /// The addresses of the window.
    let range: ClosedRange<UInt64>

    /// Returns the addresses that the guest's firmware chose for the window.
    static func range(in guest: Monitored) throws(TimerReadError) -> ClosedRange<UInt64> {
        let tree = try mappingErrors { () throws(LibvirtError) in try guest.ask(human: "info mtree")
        }
        guard let range = MonitorAnswer.configurationWindow(tree) else { throw .noWindow }
        return range
    }

    /// Reads a byte of a device's configuration space.
    func byte(_ register: UInt32, of device: PCILocation) throws(TimerReadError) -> UInt8 {
        UInt8(truncatingIfNeeded: try read("1bx", register, device))
    }

    /// Reads four bytes of a device's configuration space. The register is a multiple of 4.
    func word(_ register: UInt32, of device: PCILocation) throws(TimerReadError) -> UInt32 {
        try read("1wx", register, device)
    }

    private func read(
        _ format: String, _ register: UInt32, _ device: PCILocation
    ) throws(TimerReadError) -> UInt32 {
        let address = range.lowerBound + device.windowOffset + UInt64(register)
        guard range.contains(address) else { throw .notEnumerated }
        return try guest.value(of: "xp /\(format) 0x\(String(address, radix: 16))")
    }
}

extension MonitoredGuest {
    /// Returns the number that a command of the human monitor prints.
    func value(of command: String) throws(TimerReadError) -> UInt32 {
        let answer = try mappingErrors { () throws(LibvirtError) in try ask(human: command) }
        guard let value = MonitorAnswer.value(answer) else { throw .noValue(command) }
        return value
    }
}
