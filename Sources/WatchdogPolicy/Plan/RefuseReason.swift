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
    var placeClause: String { isOnCommandLine ? " on its qemu:commandline" : "" }
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
