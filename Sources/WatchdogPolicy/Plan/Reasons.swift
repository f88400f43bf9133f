/// Why a guest is left as it is.
package enum LeaveReason: Sendable, Hashable {
    /// The policy file has an error, quoted here with its place.
    case faultyPolicy(String)
    /// The guest's metadata has an error.
    case faultyGuestPolicy(String)
    /// The name is not included, or excluded.
    case excluded
    /// The guest's metadata says no.
    case optedOut
    /// The operator took our watchdog away from this run of the guest.
    case removedFromRun
    /// The same, and the guest has not released the device yet.
    case removalPending
    /// The host's policy says no.
    case modelNone
    /// The guest has the device already.
    case asWanted(WatchdogDevice)
    /// A watchdog with another action is there and is kept.
    case keptAction(GuestFacts.Watchdog, wanted: WatchdogDevice)
    /// A watchdog of another model is there, with the right action.
    case otherModel(GuestFacts.Watchdog, wanted: WatchdogDevice)
}

extension LeaveReason: CustomStringConvertible {
    /// A clause that an operator understands.
    package var description: String {
        switch self {
        case .faultyPolicy(let fault):
            "the policy cannot be understood: \(fault)"
        case .faultyGuestPolicy(let fault):
            "the guest's metadata policy cannot be understood: \(fault)"
        case .excluded:
            "the policy does not cover the guest (vm.watchdog.include, vm.watchdog.exclude)"
        case .optedOut:
            "the guest's metadata says that it wants no watchdog"
        case .removedFromRun:
            "the watchdog was taken away from this run of the guest;"
                + " virt-watchdog apply GUEST brings it back"
        case .removalPending:
            "virt-watchdog remove has taken the watchdog away; the guest has not released it yet, and"
                + " loses it at its next reset at the latest"
        case .modelNone:
            "the policy gives no watchdogs (vm.watchdog.model=none)"
        case .asWanted(let device):
            "the guest already has \(device)"
        case .keptAction(let watchdog, let wanted):
            "the guest already has a watchdog \(quoted(watchdog.model))\(watchdog.placeClause) with action"
                + " \(quoted(watchdog.action)), which is kept (vm.watchdog.existing=keep)"
                + " although the policy's action is '\(wanted.action.rawValue)'"
        case .otherModel(let watchdog, let wanted):
            "the guest already has a watchdog \(quoted(watchdog.model)) with the policy's action;"
                + " '\(wanted.model.rawValue)' is not added beside it"
        }
    }
}

/// Why a device can only be there from a cold start on.
package enum ColdPlugReason: Sendable, Hashable {
    /// Only the i6300esb can be hot-plugged.
    case notHotPluggable
    /// No conventional bus and no pcie-root-port has room for one more device.
    case noFreeSlot
    /// No conventional bus has room, and the policy reserves the empty ports; how many there are.
    case reservedPorts(Int, of: Int)
    /// The machine's bus takes devices only by way of ACPI, which it does not have.
    case noACPI
    /// A watchdog with another action is there, and a guest has one action for all of them.
    case sharedAction(GuestFacts.Watchdog)

    func description(of device: WatchdogDevice) -> String {
        let start = "\(device) can only be there from a cold start on:"
        return switch self {
        case .notHotPluggable:
            "\(start) libvirt hot-plugs no other model than i6300esb;"
                + " write it into the persistent definition"
        case .noFreeSlot:
            "\(start) no conventional PCI slot and no empty pcie-root-port is left that would take"
                + " it while the guest runs;"
                + " add a pcie-root-port (on pc machines a pci-bridge), or write the watchdog into the"
                + " persistent definition (virt-watchdog apply --config)"
        case .reservedPorts(let empty, let reserved):
            "\(start) vm.watchdog.reserve-ports=\(reserved) reserves empty PCI Express ports, and the"
                + " guest has only \(empty); add a pcie-root-port, or write the watchdog into the persistent"
                + " definition (virt-watchdog apply --config), which gives it a port of its own"
        case .noACPI:
            "\(start) without ACPI the machine's PCI bus takes no device while the guest runs;"
                + " add <acpi/> to its features, or write the watchdog into the persistent definition"
        case .sharedAction(let watchdog):
            "\(start) all watchdogs of a guest share one action, its \(quoted(watchdog.model))"
                + " has \(quoted(watchdog.action)), and a dump is taken by libvirt, by the"
                + " definition; write the watchdog into the persistent definition"
        }
    }
}

/// Why a guest cannot have the watchdog that the policy asks for.
package enum RefuseReason: Sendable, Hashable {
    /// The guest is not QEMU's.
    case notQEMU(type: String)
    /// The machine has no PCI bus.
    case noPCI(machine: String)
    /// The model belongs to another kind of machine.
    case wrongMachine(WatchdogModel, machine: String)
    /// The definition's own QEMU arguments have a watchdog with another action.
    case onCommandLine(GuestFacts.Watchdog, wanted: WatchdogDevice)
    /// The definition's own QEMU arguments have another action for all watchdogs.
    case actionOnCommandLine(String, wanted: WatchdogDevice)
    /// The definition's own QEMU arguments set properties of each device of the model.
    case setByGlobal(WatchdogModel)
    /// The definition's own QEMU arguments use the ID that our device would have.
    case idInUse(String)
    /// The guest's emulator was built without the model.
    case notInEmulator(WatchdogModel, emulator: String)

    init?(_ model: WatchdogModel, _ facts: GuestFacts, _ machine: MachineType) {
        if let type = facts.type, !["qemu", "kvm", "hvf", "nvmm"].contains(type) {
            self = .notQEMU(type: type)
            return
        }
        let name = facts.machine ?? facts.arch ?? "unknown"
        switch model {
        case .ib700 where machine != .i440fx,
            .itco where machine != .q35,
            .diag288 where machine != .s390,
            .i6300esb where machine == .s390:
            self = .wrongMachine(model, machine: name)
        case .i6300esb where machine == .withoutPCI || facts.lacksPCI:
            self = .noPCI(machine: name)
        case .i6300esb, .ib700, .itco, .diag288:
            guard let emulator = facts.emulator, facts.missingModels.contains(model) else {
                return nil
            }
            self = .notInEmulator(model, emulator: emulator)
        }
    }
}

extension GuestFacts {
    /// Whether a definition that libvirt has completed shows no PCI bus at all.
    fileprivate var lacksPCI: Bool {
        controllers.isEmpty && (isLive || isComplete && !machineType.hasPCI)
    }
}

extension RefuseReason: CustomStringConvertible {
    /// A clause that an operator understands.
    package var description: String {
        switch self {
        case .notQEMU(let type):
            "a domain of type \(quoted(type)) is not QEMU's and has no watchdog device"
        case .noPCI(let machine):
            "the machine \(quoted(machine)) has no PCI bus, which the model 'i6300esb' needs;"
                + " exclude the guest, or give it another machine type"
        case .wrongMachine(let model, let machine):
            "the machine \(quoted(machine)) cannot take the model '\(model.rawValue)',"
                + " which \(model.home); \(model.remedy)"
        case .onCommandLine(let watchdog, let wanted):
            "the guest's qemu:commandline has a watchdog \(quoted(watchdog.model)) with action"
                + " \(quoted(watchdog.action)), which libvirt does not know, so its action cannot become"
                + " '\(wanted.action.rawValue)' (vm.watchdog.existing=align); replace the arguments by"
                + " a <watchdog> element, or exclude the guest"
        case .actionOnCommandLine(let action, let wanted):
            "the guest's qemu:commandline sets the action \(quoted(action)) for all its watchdogs at each start,"
                + " and '\(wanted.action.rawValue)' is wanted; remove that argument, or set"
                + " vm.watchdog.existing=keep, under which its action stays"
        case .setByGlobal(let model):
            "the guest's qemu:commandline sets properties of each '\(model.rawValue)' by -global, and QEMU may"
                + " abort if one is added; remove that argument"
        case .idInUse(let id):
            "the guest's qemu:commandline has a device with the id \(quoted(id)), which virt-watchdog"
                + " needs; give that device another id"
        case .notInEmulator(let model, let emulator):
            "the emulator \(quoted(emulator)) was built without the model '\(model.rawValue)';"
                + " install the full QEMU, or choose another vm.watchdog.model"
        }
    }
}

extension GuestFacts.Watchdog {
    /// Where it is, if not where the definition shows devices.
    fileprivate var placeClause: String { isOnCommandLine ? " on its qemu:commandline" : "" }
}

extension WatchdogModel {
    fileprivate var home: String {
        switch self {
        case .i6300esb: "QEMU does not have on s390x"
        case .ib700: "only i440fx machines (pc) have"
        case .diag288: "only s390x has"
        case .itco: "only q35 machines have"
        }
    }

    fileprivate var remedy: String {
        switch self {
        case .i6300esb: "leave vm.watchdog.model out, or choose diag288 in the guest's metadata"
        case .ib700, .diag288, .itco:
            "leave vm.watchdog.model out, or choose i6300esb in the guest's metadata"
        }
    }
}

extension WatchdogDevice: CustomStringConvertible {
    /// The model and the action.
    package var description: String { "\(model.rawValue) with action \(action.rawValue)" }
}
