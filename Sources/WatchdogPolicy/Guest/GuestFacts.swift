// SPDX-License-Identifier: Apache-2.0

/// The facts of a guest's domain XML that a plan needs.
package struct GuestFacts: Sendable, Hashable {
    /// A PCI address as libvirt writes it.
    package struct PCIAddress: Sendable, Hashable {
        package var domain: UInt32
        /// The bus, which is the index of its controller.
        package var bus: UInt32
        package var slot: UInt32
        package var function: UInt32

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
        /// The number of the controller's bus.
        package var index: UInt32
        /// Whether libvirt may hot-plug into the controller, which `<target hotplug='off'/>`
        /// forbids.
        package var allowsHotplug: Bool
        /// The chassis number of a port.
        package var chassis: UInt32?
        /// The port number of a port.
        package var port: UInt32?
        package var alias: String?
        /// The controller's own address.
        package var address: PCIAddress?
        /// Whether its address has `multifunction='on'`, so the slot has other functions.
        package var isMultifunction: Bool

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

        /// Whether virt-watchdog added the port, as its alias shows.
        package var isOwned: Bool { alias == PersistentAddition.RootPort.alias }

        /// QEMU's name for the controller's bus.
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

    /// A watchdog of the guest.
    package struct Watchdog: Sendable, Hashable {
        /// The `model` attribute, which may name an unknown model.
        package var model: String
        /// The `action` attribute, or libvirt's default.
        package var action: String
        package var alias: String?
        package var address: PCIAddress?
        /// Whether `qemu:commandline` adds the watchdog, which libvirt then does not know.
        package var isOnCommandLine: Bool

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

        /// Whether virt-watchdog added the watchdog, as its alias shows.
        package var isOwned: Bool { alias == WatchdogDevice.alias && !isOnCommandLine }
    }

    /// The channel to the QEMU guest agent.
    package enum AgentChannel: Sendable, Hashable {
        /// The guest has no channel.
        case absent
        /// The guest has a channel, and libvirt reports no agent behind it.
        case disconnected
        /// An agent listens.
        case connected

        /// The name of the channel's target.
        package static let target = "org.qemu.guest_agent.0"
    }

    package var name: String
    /// The guest's UUID, or `nil` before libvirt has assigned one.
    package var uuid: String?
    /// The `type` attribute of `domain`, such as `kvm`.
    package var type: String?
    /// The architecture, or `nil` if libvirt chooses it.
    package var arch: String?
    /// The machine type, or `nil` if libvirt chooses it.
    package var machine: String?
    /// The path of the firmware, or `nil` for the emulator's own.
    package var firmware: String?
    /// The path of the emulator, or `nil` if libvirt chooses it.
    package var emulator: String?
    /// The models that the emulator lacks, as far as its file was searched.
    package var missingModels: [WatchdogModel] = []
    /// Whether libvirt has completed the domain XML, which a fragment written by hand is not.
    package var isComplete = false
    package var hasACPI: Bool
    /// Whether this is the live domain XML of a guest that runs or starts.
    package var isLive: Bool
    package var controllers: [Controller]
    /// The PCI addresses in use, in no order. An array: making a set is slow in the hook.
    package var usedAddresses: [PCIAddress]
    /// The watchdogs, in the order of the domain XML.
    package var watchdogs: [Watchdog]
    package var agent = AgentChannel.absent
    /// The guest's own policy from its metadata.
    package var guestPolicy: GuestPolicy?
    /// The `on_reboot` element, which libvirt follows when the guest reboots or is reset.
    package var onReboot: String?
    /// The `on_crash` element, which libvirt follows when the guest's kernel panics.
    package var onCrash: String?
    /// Whether the guest has a device that reports a kernel panic to QEMU.
    package var hasPanicDevice = false
    /// libvirt's ID of the running guest.
    package var id: String?
    /// The record of an action set through QEMU's monitor, in this run or an earlier one.
    package var actionOverride: ActionOverride?
    /// The effective action, if it differs from the domain XML. ``trustRecords(of:hasArrived:)``
    /// sets it.
    package var effectiveAction: String?
    /// The record that the operator removed our watchdog, from this run or an earlier one.
    package var optOut: OptOut?
    /// Whether the operator removed our watchdog from this run. ``trustRecords(of:hasArrived:)``
    /// sets it.
    package var isOptedOutOfRun = false
    /// The record of an action written into the persistent domain XML.
    package var savedAction: SavedAction?
    /// The guest's `qemu:commandline`. ``add(_:)`` sets it.
    package internal(set) var qemuArguments: QEMUArguments?

    /// Describes a guest. The defaults are those of an absent element.
    package init(
        name: String, uuid: String? = nil, type: String? = nil, arch: String? = nil,
        machine: String? = nil, firmware: String? = nil, hasACPI: Bool = true,
        isLive: Bool = false,
        controllers: [Controller] = [],
        usedAddresses: [PCIAddress] = [], watchdogs: [Watchdog] = [],
        guestPolicy: GuestPolicy? = nil, onReboot: String? = nil, id: String? = nil,
        actionOverride: ActionOverride? = nil, savedAction: SavedAction? = nil,
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
        self.actionOverride = actionOverride
        self.savedAction = savedAction
        self.optOut = optOut
    }
}
