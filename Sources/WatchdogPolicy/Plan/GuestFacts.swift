/// What the plan needs to know of a definition.
package struct GuestFacts: Sendable, Hashable {
    /// A PCI address as libvirt writes it.
    package struct PCIAddress: Sendable, Hashable {
        /// The PCI domain.
        package var domain: UInt32
        /// The bus: the index of the controller that the device is plugged into.
        package var bus: UInt32
        /// The slot on the bus.
        package var slot: UInt32
        /// The function of the slot.
        package var function: UInt32

        /// Makes an address.
        package init(domain: UInt32 = 0, bus: UInt32, slot: UInt32, function: UInt32 = 0) {
            self.domain = domain
            self.bus = bus
            self.slot = slot
            self.function = function
        }
    }

    /// A PCI controller.
    package struct Controller: Sendable, Hashable {
        /// The `model` attribute, such as `pcie-root-port`.
        package var model: String
        /// The number of the bus that it provides.
        package var index: UInt32
        /// Whether `<target hotplug='off'/>` is absent.
        package var allowsHotplug: Bool
        /// The chassis number of a port, if any.
        package var chassis: UInt32?
        /// The port number of a port, if any.
        package var port: UInt32?
        /// The alias, if any.
        package var alias: String?
        /// Where it is plugged in itself, if anywhere.
        package var address: PCIAddress?
        /// Whether its address says that other functions of the slot are in use, too.
        package var isMultifunction: Bool

        /// Makes a controller.
        package init(
            model: String, index: UInt32, allowsHotplug: Bool = true, chassis: UInt32? = nil,
            port: UInt32? = nil, alias: String? = nil, address: PCIAddress? = nil,
            isMultifunction: Bool = false
        ) {
            self.model = model
            self.index = index
            self.allowsHotplug = allowsHotplug
            self.chassis = chassis
            self.port = port
            self.alias = alias
            self.address = address
            self.isMultifunction = isMultifunction
        }

        /// Whether it bears the alias of a port that we added.
        package var isOwned: Bool { alias == PersistentAddition.RootPort.alias }

        /// QEMU's name of the bus that it provides.
        var busName: String {
            switch (model, index) {
            case ("pcie-root", _): "pcie.0"
            case ("pci-root", 0): "pci.0"
            // A host bridge of a pSeries machine.
            case ("pci-root", _): "\(alias ?? "pci.\(index)").0"
            default: alias ?? "pci.\(index)"
            }
        }
    }

    /// A watchdog that the definition has.
    package struct Watchdog: Sendable, Hashable {
        /// The `model` attribute as it stands there.
        package var model: String
        /// The `action` attribute; libvirt's default where there is none.
        package var action: String
        /// The name of the alias, if any.
        package var alias: String?
        /// The PCI address, if any.
        package var address: PCIAddress?
        /// Whether QEMU has it by an argument of the definition's own, so that libvirt does not know it.
        package var isOnCommandLine: Bool

        /// Makes a watchdog.
        package init(
            model: String, action: String = WatchdogAction.reset.rawValue, alias: String? = nil,
            address: PCIAddress? = nil, isOnCommandLine: Bool = false
        ) {
            self.isOnCommandLine = isOnCommandLine
            self.model = model
            self.action = action
            self.alias = alias
            self.address = address
        }

        /// Whether the device is ours: libvirt knows it by our alias.
        package var isOwned: Bool { alias == WatchdogDevice.alias && !isOnCommandLine }
    }

    /// The channel to the QEMU guest agent.
    package enum AgentChannel: Sendable, Hashable {
        /// The definition has none.
        case absent
        /// The definition has one, and libvirt does not say that an agent listens.
        case disconnected
        /// An agent listens.
        case connected

        /// The name of the channel's target.
        package static let target = "org.qemu.guest_agent.0"
    }

    /// The guest's name.
    package var name: String
    /// The guest's UUID, or nothing in a definition that libvirt has not seen yet.
    package var uuid: String?
    /// The `type` attribute of `domain`, such as `kvm`, or nothing where there is none.
    package var type: String?
    /// The architecture, or nothing where the definition leaves it to libvirt.
    package var arch: String?
    /// The machine type, or nothing where the definition leaves it to libvirt.
    package var machine: String?
    /// The path of the firmware, or nothing where it is the emulator's own.
    package var firmware: String?
    /// The path of the emulator, or nothing where the definition leaves it to libvirt.
    package var emulator: String?
    /// The models that the emulator is known not to have.
    package var missingModels: [WatchdogModel] = []
    /// Whether the definition has what libvirt adds to each one. A fragment that someone wrote by
    /// hand lacks some of it.
    package var isComplete = false
    /// Whether the machine has ACPI.
    package var hasACPI: Bool
    /// Whether it is the live definition of a guest that runs or is about to.
    package var isLive: Bool
    /// The PCI controllers.
    package var controllers: [Controller]
    /// The PCI addresses in use, in no order. They are few, and no set: to make one, Swift's runtime
    /// takes a twentieth of the hook's time.
    package var usedAddresses: [PCIAddress]
    /// The watchdogs, in the order of the definition.
    package var watchdogs: [Watchdog]
    /// The channel to the guest agent.
    package var agent = AgentChannel.absent
    /// The guest's own policy, if its metadata has one.
    package var guestPolicy: GuestPolicy?
    /// What happens when the guest reboots or is reset, as `on_reboot` says.
    package var onReboot: String?
    /// What happens when the guest's kernel panics, as `on_crash` says.
    package var onCrash: String?
    /// Whether the guest has a device that tells QEMU of a kernel panic.
    package var hasPanicDevice = false
    /// libvirt's number of the guest while it runs.
    package var id: String?
    /// The record of an action that we gave the running guest, in this run or in an earlier one.
    package var alignment: Alignment?
    /// The action that is in force, where it is known not to be the definition's.
    package var alignedAction: String?
    /// The record that the operator took our watchdog away, from this run or an earlier one.
    package var optOut: OptOut?
    /// Whether the operator took our watchdog away from this run; see ``trustRecords(of:hasArrived:)``.
    package var isOptedOutOfRun = false
    /// The record of an action that we gave the persistent definition.
    package var persistentAlignment: PersistentAlignment?
    /// The definition's own QEMU arguments, if it has any; ``add(_:)`` brings what they add.
    package private(set) var qemuArguments: QEMUArguments?

    /// Makes facts; what is not given is as in a definition that does not mention it.
    package init(
        name: String, uuid: String? = nil, type: String? = nil, arch: String? = nil,
        machine: String? = nil, firmware: String? = nil, hasACPI: Bool = true,
        isLive: Bool = false,
        controllers: [Controller] = [],
        usedAddresses: [PCIAddress] = [], watchdogs: [Watchdog] = [],
        guestPolicy: GuestPolicy? = nil, onReboot: String? = nil, id: String? = nil,
        alignment: Alignment? = nil, persistentAlignment: PersistentAlignment? = nil,
        optOut: OptOut? = nil
    ) {
        self.name = name
        self.uuid = uuid
        self.type = type
        self.arch = arch
        self.machine = machine
        self.firmware = firmware
        self.hasACPI = hasACPI
        self.isLive = isLive
        self.controllers = controllers
        self.usedAddresses = usedAddresses
        self.watchdogs = watchdogs
        self.guestPolicy = guestPolicy
        self.onReboot = onReboot
        self.id = id
        self.alignment = alignment
        self.persistentAlignment = persistentAlignment
        self.optOut = optOut
    }
}

extension GuestFacts {
    /// Adds the devices that the definition's own QEMU arguments bring, and what they take.
    ///
    /// Call it once all controllers, addresses and watchdogs are known.
    package mutating func add(_ line: QEMUArguments) {
        qemuArguments = line
        // libvirt has yet to complete such a definition, and would pick slots without regard to QEMU's.
        if controllers.isEmpty, !isLive {
            switch machineType {
            case .i440fx: controllers = [Controller(model: "pci-root", index: 0)]
            case .q35: controllers = [Controller(model: "pcie-root", index: 0)]
            default: break
            }
        }
        for device in line.devices { use(device) }
        for bus in line.buses {
            guard let controller = controllers.first(where: { $0.busName == bus }) else { continue }
            if !controller.hasSlots {
                usedAddresses.append(PCIAddress(bus: controller.index, slot: 0))
            }
        }
        for place in line.places where place.slot > 0 {
            // A port has slot 0 alone, and an address on its bus would make it look occupied.
            usedAddresses += controllers.filter { $0.hasSlots }.map {
                PCIAddress(bus: $0.index, slot: place.slot, function: place.function)
            }
        }
        let action = line.watchdogAction ?? watchdogs.first?.action
        watchdogs += line.watchdogs.map {
            Watchdog(
                model: $0.model, action: action ?? WatchdogAction.reset.rawValue, alias: $0.id,
                isOnCommandLine: true)
        }
    }

    /// Takes note of the slot of a device on the command line. QEMU itself chooses the lowest one.
    private mutating func use(_ device: QEMUArguments.Device) {
        let root = controllers.first { ["pci-root", "pcie-root"].contains($0.model) }
        guard
            let controller = device.bus.map({ bus in controllers.first { $0.busName == bus } })
                ?? (device.place != nil || device.isPCI ? root : nil)
        else { return }
        if let place = device.place {
            usedAddresses.append(
                PCIAddress(bus: controller.index, slot: place.slot, function: place.function))
        } else if controller.hasSlots {
            let taken = Set(usedAddresses.lazy.filter { $0.bus == controller.index }.map(\.slot))
            if let slot = (UInt32(1)...31).first(where: { !taken.contains($0) }) {
                usedAddresses.append(PCIAddress(bus: controller.index, slot: slot))
            }
        } else {
            usedAddresses.append(PCIAddress(bus: controller.index, slot: 0))
        }
    }
}

extension QEMUArguments.Device {
    /// Whether it goes to a PCI bus where the argument names none, as far as its name tells.
    fileprivate var isPCI: Bool {
        driver.hasPrefix("-") || driver.hasSuffix("-pci") || driver.contains("pci-bridge")
            || [
                "i6300esb", "pcie-root-port", "ioh3420", "vfio-pci", "nvme", "e1000", "e1000e",
                "igb", "rtl8139", "ne2k_pci", "pcnet", "vmxnet3", "ivshmem-plain",
                "ivshmem-doorbell", "qemu-xhci", "nec-usb-xhci", "usb-ehci", "piix3-usb-uhci",
                "VGA", "cirrus-vga", "bochs-display", "qxl", "vmware-svga", "secondary-vga",
                "intel-hda", "ich9-intel-hda", "AC97", "ES1370", "ich9-ahci", "lsi53c895a",
                "megasas", "mptsas1068", "pvpanic-pci", "edu", "pxb", "pxb-pcie",
            ].contains(driver)
    }
}

/// A watchdog that we give to a guest.
package struct WatchdogDevice: Sendable, Hashable {
    /// The alias that marks a device as ours; libvirt keeps user aliases that start with `ua-`.
    package static let alias = "ua-virt-watchdog"

    /// The device's model.
    package var model: WatchdogModel
    /// What the hypervisor does when it fires.
    package var action: WatchdogAction

    /// Makes a device.
    package init(model: WatchdogModel, action: WatchdogAction) {
        self.model = model
        self.action = action
    }
}
