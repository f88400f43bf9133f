/// What the plan needs to know of a definition.
public struct GuestFacts: Sendable, Hashable {
    /// A PCI address as libvirt writes it.
    public struct PCIAddress: Sendable, Hashable {
        /// The PCI domain.
        public var domain: UInt32
        /// The bus: the index of the controller that the device is plugged into.
        public var bus: UInt32
        /// The slot on the bus.
        public var slot: UInt32
        /// The function of the slot.
        public var function: UInt32

        /// Makes an address.
        public init(domain: UInt32 = 0, bus: UInt32, slot: UInt32, function: UInt32 = 0) {
            self.domain = domain
            self.bus = bus
            self.slot = slot
            self.function = function
        }
    }

    /// A PCI controller.
    public struct Controller: Sendable, Hashable {
        /// The `model` attribute, such as `pcie-root-port`.
        public var model: String
        /// The number of the bus that it provides.
        public var index: UInt32
        /// Whether `<target hotplug='off'/>` is absent.
        public var allowsHotplug: Bool
        /// The chassis number of a port, if any.
        public var chassis: UInt32?
        /// Whether it bears the alias of a port that we added.
        public var isOwned: Bool

        /// Makes a controller.
        public init(
            model: String, index: UInt32, allowsHotplug: Bool = true, chassis: UInt32? = nil,
            isOwned: Bool = false
        ) {
            self.model = model
            self.index = index
            self.allowsHotplug = allowsHotplug
            self.chassis = chassis
            self.isOwned = isOwned
        }
    }

    /// A watchdog that the definition has.
    public struct Watchdog: Sendable, Hashable {
        /// The `model` attribute as it stands there.
        public var model: String
        /// The `action` attribute; libvirt's default where there is none.
        public var action: String
        /// The name of the alias, if any.
        public var alias: String?
        /// The PCI address, if any.
        public var address: PCIAddress?

        /// Makes a watchdog.
        public init(
            model: String, action: String = WatchdogAction.reset.rawValue, alias: String? = nil,
            address: PCIAddress? = nil
        ) {
            self.model = model
            self.action = action
            self.alias = alias
            self.address = address
        }

        /// Whether the device bears our alias.
        public var isOwned: Bool { alias == WatchdogDevice.alias }
    }

    /// The guest's name.
    public var name: String
    /// The guest's UUID, or nothing in a definition that libvirt has not seen yet.
    public var uuid: String?
    /// The `type` attribute of `domain`, such as `kvm`, or nothing where there is none.
    public var type: String?
    /// The architecture, or nothing where the definition leaves it to libvirt.
    public var arch: String?
    /// The machine type, or nothing where the definition leaves it to libvirt.
    public var machine: String?
    /// The path of the firmware, or nothing where it is the emulator's own.
    public var firmware: String?
    /// Whether the machine has ACPI.
    public var hasACPI: Bool
    /// Whether it is the live definition of a guest that runs or is about to.
    public var isLive: Bool
    /// The PCI controllers.
    public var controllers: [Controller]
    /// The PCI addresses in use, in no order. They are few, and no set: to make one, Swift's runtime
    /// takes a twentieth of the hook's time.
    public var usedAddresses: [PCIAddress]
    /// The watchdogs, in the order of the definition.
    public var watchdogs: [Watchdog]
    /// The guest's own policy, if its metadata has one.
    public var guestPolicy: GuestPolicy?
    /// What happens when the guest reboots or is reset, as `on_reboot` says.
    public var onReboot: String?
    /// What happens when the guest's kernel panics, as `on_crash` says.
    public var onCrash: String?
    /// Whether the guest has a device that tells QEMU of a kernel panic.
    public var hasPanicDevice = false
    /// libvirt's number of the guest while it runs.
    public var id: String?
    /// The record of an action that we gave the running guest, in this run or in an earlier one.
    public var alignment: Alignment?
    /// The action that is in force, where it is known not to be the definition's.
    public var alignedAction: String?
    /// The record that the operator took our watchdog away, from this run or an earlier one.
    public var optOut: OptOut?
    /// Whether the operator took our watchdog away from this run; see ``trustRecords(of:hasArrived:)``.
    public var isOptedOutOfRun = false
    /// The record of an action that we gave the persistent definition.
    public var persistentAlignment: PersistentAlignment?

    /// Makes facts; what is not given is as in a definition that does not mention it.
    public init(
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

/// A watchdog that we give to a guest.
public struct WatchdogDevice: Sendable, Hashable {
    /// The alias that marks a device as ours; libvirt keeps user aliases that start with `ua-`.
    public static let alias = "ua-virt-watchdog"

    /// The device's model.
    public var model: WatchdogModel
    /// What the hypervisor does when it fires.
    public var action: WatchdogAction

    /// Makes a device.
    public init(model: WatchdogModel, action: WatchdogAction) {
        self.model = model
        self.action = action
    }
}
