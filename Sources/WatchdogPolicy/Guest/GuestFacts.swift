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
    package var alignment: ActionOverride?
    /// The action that is in force, where it is known not to be the definition's.
    package var effectiveAction: String?
    /// The record that the operator took our watchdog away, from this run or an earlier one.
    package var optOut: OptOut?
    /// Whether the operator took our watchdog away from this run; see ``trustRecords(of:hasArrived:)``.
    package var isOptedOutOfRun = false
    /// The record of an action that we gave the persistent definition.
    package var savedAction: SavedAction?
    /// The definition's own QEMU arguments, if it has any; ``add(_:)`` brings what they add.
    package internal(set) var qemuArguments: QEMUArguments?

    /// Makes facts; what is not given is as in a definition that does not mention it.
    package init(
        name: String, uuid: String? = nil, type: String? = nil, arch: String? = nil,
        machine: String? = nil, firmware: String? = nil, hasACPI: Bool = true,
        isLive: Bool = false,
        controllers: [Controller] = [],
        usedAddresses: [PCIAddress] = [], watchdogs: [Watchdog] = [],
        guestPolicy: GuestPolicy? = nil, onReboot: String? = nil, id: String? = nil,
        alignment: ActionOverride? = nil, savedAction: SavedAction? = nil,
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
        self.savedAction = savedAction
        self.optOut = optOut
    }
}
