// SPDX-License-Identifier: Apache-2.0

/// The QEMU arguments of `qemu:commandline` and `qemu:override` in a domain XML.
///
/// libvirt passes them to QEMU unchanged, after its own, and shows none of their devices elsewhere.
/// The options are those of [qemu(1)](https://www.qemu.org/docs/master/system/invocation.html).
package struct QEMUArguments: Sendable, Hashable {
    /// A device.
    struct Device: Sendable, Hashable {
        /// The driver, such as `virtio-rng-pci`, or an option such as `-nic`.
        var driver: String
        var id: String?
        /// The name of the bus, or `nil` if QEMU chooses it.
        var bus: String?
        /// The slot and the function, or `nil` if QEMU chooses them.
        var place: Place?
    }

    /// A slot and a function of a PCI bus.
    struct Place: Sendable, Hashable {
        var slot: UInt32
        var function: UInt32
    }

    /// A watchdog. The model has libvirt's name.
    struct Watchdog: Sendable, Hashable {
        var model: String
        var id: String?
    }

    /// The devices, in their order on the command line.
    private(set) var devices: [Device] = []
    /// The places that `-set`, `-global` or an override gives a device on an unknown bus.
    private(set) var places: [Place] = []
    /// The buses that `-set` or an override plugs a device into.
    private(set) var buses: [String] = []
    /// The chassis numbers in use.
    private(set) var chassis: [UInt32] = []
    /// The port numbers in use.
    private(set) var ports: [UInt32] = []
    /// The IDs of devices.
    private(set) var ids: [String] = []
    /// The action of all watchdogs, from `-watchdog-action` or `-action`.
    package private(set) var watchdogAction: String?
    private(set) var watchdogs: [Watchdog] = []
    /// The drivers with a property that `-global` sets for each device.
    private(set) var globalDrivers: [String] = []
    /// Other facts for the operator. Each is a clause.
    package private(set) var remarks: [String] = []
    /// The unreadable arguments, which may add more devices. Each is a clause.
    package private(set) var doubts: [String] = []

    /// Reads the arguments in their order. The last one wins.
    package init(arguments: [String]) {
        var index = 0
        while index < arguments.count {
            let argument = arguments[index]
            index += 1
            guard argument.utf8.first == UInt8(ascii: "-") else { continue }
            // QEMU reads two dashes as one.
            let option = argument.drop { $0 == "-" }
            guard let reader = Self.readers[String(option)] else { continue }
            guard index < arguments.count else {
                doubts.append("\(quoted(argument)) has no value")
                break
            }
            reader(&self, arguments[index])
            index += 1
        }
    }

    /// Adds a property that `qemu:override` sets for the device with an alias.
    ///
    /// - Parameter isNumber: Whether libvirt passes the value to QEMU as a number.
    package mutating func override(
        _ property: String, of alias: String, to value: String, isNumber: Bool
    ) {
        let number = isNumber ? Int64(value) : nil
        set(property, to: number.map { .number($0) } ?? .text(value), on: alias)
    }

    private static let readers: [String: @Sendable (inout QEMUArguments, String) -> Void] = [
        "device": { $0.addDevice($1) },
        "watchdog": { line, model in line.watchdogs.append(Watchdog(model: model)) },
        "watchdog-action": { $0.watchdogAction = $1 },
        "action": { line, value in
            let options = DeviceOptions(value, implied: nil)
            if let action = options?.text("watchdog") { line.watchdogAction = action }
        },
        "set": { $0.addSetting($1) },
        "global": { $0.addGlobal($1) },
        "readconfig": { line, file in
            line.doubts.append("-readconfig \(quoted(file)) may add devices")
        },
        "nic": { $0.addImplied("-nic", $1, unless: "none") },
        "net": { line, value in
            if value.hasPrefix("nic") { line.addImplied("-net", value) }
        },
        "virtfs": { $0.addImplied("-virtfs", $1) },
        "vga": { $0.addImplied("-vga", $1, unless: "none") },
        "drive": { line, value in
            if DeviceOptions(value, implied: "file")?.text("if") == "virtio" {
                line.addImplied("-drive", value)
            }
        },
        "machine": { $0.addMachine($1) },
        "M": { $0.addMachine($1) },
    ]

    /// The devices that provide a bus.
    var bridges: [Device] {
        devices.filter { device in
            device.driver.hasPart("bridge") || device.driver.hasPart("root-port")
                || device.driver.hasPart("-upstream") || device.driver.hasPrefix("pxb")
                || device.driver == "ioh3420"
        }
    }

    /// Returns whether `-global` sets a property for each device of a driver, by its name or a
    /// parent's.
    ///
    /// A second device cannot have the same address, and QEMU 7.2 aborts when it is hot-plugged.
    func changesEvery(_ driver: String) -> Bool {
        globalDrivers.contains { [driver, "pci-device", "device"].contains($0) }
    }

    // MARK: Options

    private mutating func addDevice(_ text: String) {
        guard let options = DeviceOptions(text, implied: "driver"),
            let driver = options.text("driver"), !driver.isEmpty
        else {
            doubts.append("-device \(quoted(text)) names no driver")
            return
        }
        let id = options.text("id")
        if let id { ids.append(id) }
        if let model = WatchdogModel(rawValue: driver), !model.isBuiltIn {
            watchdogs.append(Watchdog(model: model.rawValue, id: id))
        }
        var device = Device(driver: driver, id: id, bus: options.text("bus"))
        if let address = options["addr"] {
            device.place = Place(address)
            if device.place == nil { doubts.append("-device \(quoted(text)) has no valid addr") }
        }
        devices.append(device)
        for (key, value) in options.values { note(key, value, of: "-device \(quoted(text))") }
    }

    /// Adds the device that another option implies.
    private mutating func addImplied(_ option: String, _ text: String, unless none: String? = nil) {
        guard text != none else { return }
        let options = DeviceOptions(text, implied: "type")
        devices.append(Device(driver: option, place: options?["addr"].flatMap(Place.init)))
    }

    /// Reads `GROUP.ID.PROPERTY=VALUE`. QEMU's C function is `qemu_set_option`.
    private mutating func addSetting(_ text: String) {
        let pair = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let names = pair[0].split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard pair.count == 2, names.count == 3 else {
            doubts.append("-set \(quoted(text)) is not GROUP.ID.PROPERTY=VALUE")
            return
        }
        guard names[0] == "device" else { return }
        set(String(names[2]), to: .text(String(pair[1])), on: String(names[1]))
    }

    /// Reads `DRIVER.PROPERTY=VALUE`, or `driver=,property=,value=`.
    private mutating func addGlobal(_ text: String) {
        let driver: String
        let property: String
        let value: String
        let pair = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let names = pair[0].split(separator: ".", maxSplits: 1)
        if names.count == 2, pair.count == 2, !names[0].contains(",") {
            (driver, property, value) = (String(names[0]), String(names[1]), String(pair[1]))
        } else if let options = DeviceOptions(text, implied: nil),
            let named = options.text("driver"), let key = options.text("property"),
            let text = options.text("value")
        {
            (driver, property, value) = (named, key, text)
        } else {
            doubts.append("-global \(quoted(text)) is not DRIVER.PROPERTY=VALUE")
            return
        }
        switch (driver, property) {
        case ("ICH9-LPC", "noreboot"):
            // The property decides whether the chipset's timer may reset the guest.
            if ["off", "no", "false", "n"].contains(value.lowercased()) {
                watchdogs.append(Watchdog(model: WatchdogModel.itco.rawValue))
            } else {
                remarks.append("-global \(quoted(text)) keeps the chipset's iTCO from acting")
            }
        default:
            globalDrivers.append(driver)
            if property == "addr" {
                guard let place = Place(.text(value)) else {
                    doubts.append("-global \(quoted(text)) has no valid addr")
                    return
                }
                places.append(place)
            }
            note(property, .text(value), of: "-global \(quoted(text))")
        }
    }

    private mutating func addMachine(_ text: String) {
        guard let options = DeviceOptions(text, implied: "type"), let type = options.text("type")
        else { return }
        doubts.append("-machine \(quoted(type)) may be another machine than the domain XML's")
    }

    private mutating func set(_ property: String, to value: DeviceOptions.Value, on id: String) {
        switch property {
        case "addr":
            if let place = Place(value) {
                places.append(place)
            } else {
                doubts.append("the device \(quoted(id)) has no valid addr")
            }
        case "bus": if case .text(let bus) = value { buses.append(bus) }
        case "id": if case .text(let id) = value { ids.append(id) }
        case "driver": doubts.append("an argument gives the device \(quoted(id)) another driver")
        default: note(property, value, of: "the device \(quoted(id))")
        }
    }

    /// Adds the numbers that no second device may have.
    private mutating func note(
        _ property: String, _ value: DeviceOptions.Value, of argument: String
    ) {
        let number: UInt32? =
            switch value {
            case .number(let number): UInt32(exactly: number)
            case .text(let text): UInt32(number: text)
            case .other: nil
            }
        switch property {
        case "chassis", "chassis_nr", "chassis-nr":
            if let number { chassis.append(number) }
            if number == nil { doubts.append("\(argument) has no valid \(property)") }
        case "port", "slot":
            // A USB port such as 1.2 is no number, and no root port.
            if let number { ports.append(number) }
        default: break
        }
    }
}

extension QEMUArguments.Place {
    /// The slot and the function in one number.
    var number: UInt32 { slot << 3 | function }

    /// Reads the property `addr` of a PCI device: hexadecimal `SLOT` or `SLOT.FUNCTION`, or a JSON
    /// number of both.
    ///
    /// QEMU's C function is `set_pci_devfn`.
    init?(_ value: DeviceOptions.Value) {
        switch value {
        case .number(let number):
            guard (0...255).contains(number) else { return nil }
            self.init(slot: UInt32(number >> 3), function: UInt32(number & 7))
        case .text(let text):
            let parts = text.split(separator: ".", omittingEmptySubsequences: false).map {
                UInt32($0.hasPrefix("0x") || $0.hasPrefix("0X") ? $0.dropFirst(2) : $0, radix: 16)
            }
            guard (1...2).contains(parts.count), let slot = parts[0], slot < 32,
                let function = parts.count == 2 ? parts[1] : 0, function < 8
            else { return nil }
            self.init(slot: slot, function: function)
        case .other: return nil
        }
    }
}

extension UInt32 {
    /// Reads a number of a QEMU option: decimal, or hexadecimal after `0x`.
    fileprivate init?(number text: String) {
        if text.hasPrefix("0x") || text.hasPrefix("0X") {
            self.init(text.dropFirst(2), radix: 16)
        } else {
            self.init(text)
        }
    }
}

extension QEMUArguments.Device {
    /// Whether QEMU plugs the device into a PCI bus by default, as its name suggests.
    var isPCI: Bool {
        driver.hasPrefix("-") || driver.hasSuffix("-pci") || driver.hasPart("pci-bridge")
            || WatchdogModel(rawValue: driver)?.needsPCI == true
            || [
                "pcie-root-port", "ioh3420", "vfio-pci", "nvme", "e1000", "e1000e",
                "igb", "rtl8139", "ne2k_pci", "pcnet", "vmxnet3", "ivshmem-plain",
                "ivshmem-doorbell", "qemu-xhci", "nec-usb-xhci", "usb-ehci", "piix3-usb-uhci",
                "VGA", "cirrus-vga", "bochs-display", "qxl", "vmware-svga", "secondary-vga",
                "intel-hda", "ich9-intel-hda", "AC97", "ES1370", "ich9-ahci", "lsi53c895a",
                "megasas", "mptsas1068", "pvpanic-pci", "edu", "pxb", "pxb-pcie",
            ].contains(driver)
    }
}
