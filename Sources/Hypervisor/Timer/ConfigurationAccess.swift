/// Reads the configuration space of a guest's PCI devices by QEMU's monitor.
protocol ConfigurationAccess {
    /// Reads a byte of a device's configuration space.
    func byte(_ register: UInt32, of device: PCILocation) throws(TimerDoubt) -> UInt8
    /// Reads four bytes of a device's configuration space; the register is a multiple of 4.
    func word(_ register: UInt32, of device: PCILocation) throws(TimerDoubt) -> UInt32
}

/// A PCIe machine's: through its window in memory, which is a pure read.
struct ConfigurationWindow<Monitored: MonitoredGuest>: ConfigurationAccess {
    let guest: Monitored
    /// The window.
    let range: ClosedRange<UInt64>

    /// Finds the window where the guest's firmware has put it.
    static func range(in guest: Monitored) throws(TimerDoubt) -> ClosedRange<UInt64> {
        let tree = try inDoubt { () throws(LibvirtError) in try guest.ask(human: "info mtree") }
        guard let range = MonitorAnswer.configurationWindow(tree) else { throw .noWindow }
        return range
    }

    func byte(_ register: UInt32, of device: PCILocation) throws(TimerDoubt) -> UInt8 {
        UInt8(truncatingIfNeeded: try read("1bx", register, device))
    }

    func word(_ register: UInt32, of device: PCILocation) throws(TimerDoubt) -> UInt32 {
        try read("1wx", register, device)
    }

    private func read(
        _ format: String, _ register: UInt32, _ device: PCILocation
    ) throws(TimerDoubt) -> UInt32 {
        let address = range.lowerBound + device.windowOffset + UInt64(register)
        guard range.contains(address) else { throw .notEnumerated }
        return try guest.value(of: "xp /\(format) 0x\(String(address, radix: 16))")
    }
}

/// A conventional PCI machine's: through its ports 0xcf8 and 0xcfc, which the guest uses as well.
///
/// It writes to the first one, so that it is for a guest that stands still, whose value is put back.
struct ConfigurationPorts<Monitored: MonitoredGuest>: ConfigurationAccess {
    let guest: Monitored

    func byte(_ register: UInt32, of device: PCILocation) throws(TimerDoubt) -> UInt8 {
        try select(register & ~3, of: device)
        return UInt8(
            truncatingIfNeeded: try guest.value(
                of: "i /b 0x\(String(0xcfc + (register & 3), radix: 16))"))
    }

    func word(_ register: UInt32, of device: PCILocation) throws(TimerDoubt) -> UInt32 {
        try select(register, of: device)
        return try guest.value(of: "i /w 0xcfc")
    }

    /// Does something that writes to port 0xcf8, and puts the guest's value back.
    func preserving<Answer>(
        _ body: () throws(TimerDoubt) -> Answer
    ) throws(TimerDoubt) -> Answer {
        let before = try guest.value(of: "i /w 0xcf8")
        let answer: Answer
        do throws(TimerDoubt) {
            answer = try body()
        } catch {
            try put(before)
            throw error
        }
        try put(before)
        return answer
    }

    private func select(_ register: UInt32, of device: PCILocation) throws(TimerDoubt) {
        try put(device.portAddress(of: register))
    }

    private func put(_ value: UInt32) throws(TimerDoubt) {
        let command = "o /w 0xcf8 0x\(String(value, radix: 16))"
        _ = try inDoubt { () throws(LibvirtError) in try guest.ask(human: command) }
    }
}

extension MonitoredGuest {
    /// The number that a command of the human monitor prints.
    func value(of command: String) throws(TimerDoubt) -> UInt32 {
        let answer = try inDoubt { () throws(LibvirtError) in try ask(human: command) }
        guard let value = MonitorAnswer.value(answer) else { throw .noValue(command) }
        return value
    }
}

/// Why the state of a timer is not known.
enum TimerDoubt: Error {
    /// libvirt does not let us ask, or fails.
    case libvirt(LibvirtError)
    /// The guest's firmware has not numbered the bus that the device is on.
    case notEnumerated
    /// The guest's firmware has not opened the window for configuration space.
    case noWindow
    /// Reading would need the guest to stand still, and nobody asked for that.
    case needsProbe
    /// QEMU printed no number for a command.
    case noValue(String)
    /// The timer of the chipset shows no time left.
    case noTimeLeft
    /// The state of this model cannot be read from outside.
    case unreadable(model: String)
}

extension TimerDoubt: CustomStringConvertible {
    var description: String {
        switch self {
        case .libvirt(let error): "libvirt says: \(error)"
        case .notEnumerated, .noWindow:
            "the guest's firmware has not set up its PCI bus yet"
        case .needsProbe:
            "this machine's timer can be read only while the guest stands still for some"
                + " milliseconds: virt-watchdog status --probe does that"
        case .noValue(let command): "QEMU's monitor gives no value for '\(command)'"
        case .noTimeLeft: "the timer has not been used since the guest's reset, or is about to fire"
        case .unreadable(let model):
            "the timer of the model '\(model)' cannot be read from outside the guest"
        }
    }
}

/// Asks libvirt for something that the state of a timer is read from.
func inDoubt<Answer>(
    _ question: () throws(LibvirtError) -> Answer
) throws(TimerDoubt) -> Answer {
    do throws(LibvirtError) {
        return try question()
    } catch {
        throw .libvirt(error)
    }
}
