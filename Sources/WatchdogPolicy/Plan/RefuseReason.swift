// SPDX-License-Identifier: Apache-2.0

/// Why a guest cannot have the watchdog that the policy asks for.
package enum RefuseReason: Sendable, Hashable {
    /// Another hypervisor than QEMU runs the guest.
    case notQEMU(type: String)
    /// The machine has no PCI bus, and the model needs one.
    case noPCI(WatchdogModel, machine: String)
    /// Only other machines have the model.
    case wrongMachine(WatchdogModel, machine: String)
    /// `qemu:commandline` adds a watchdog with another action.
    case onCommandLine(GuestFacts.Watchdog, wanted: WatchdogDevice)
    /// `qemu:commandline` sets another action for all watchdogs.
    case actionOnCommandLine(String, wanted: WatchdogDevice)
    /// `qemu:commandline` sets properties of each device of the model.
    case setByGlobal(WatchdogModel)
    /// `qemu:commandline` uses the ID of our device.
    case idInUse(String)
    /// The guest's emulator does not have the model.
    case notInEmulator(WatchdogModel, emulator: String)

    init?(_ model: WatchdogModel, _ facts: GuestFacts, _ machine: MachineType) {
        if let type = facts.type, !["qemu", "kvm", "hvf", "nvmm"].contains(type) {
            self = .notQEMU(type: type)
            return
        }
        let name = facts.machine ?? facts.arch ?? "unknown"
        if !model.exists(on: machine) {
            self = .wrongMachine(model, machine: name)
        } else if model.needsPCI, machine == .withoutPCI || facts.lacksPCI {
            self = .noPCI(model, machine: name)
        } else if let emulator = facts.emulator, facts.missingModels.contains(model) {
            self = .notInEmulator(model, emulator: emulator)
        } else {
            return nil
        }
    }
}

extension RefuseReason: CustomStringConvertible {
    /// The reason as `fact: cause; fix`.
    package var description: String {
        switch self {
        case .notQEMU(let type):
            "QEMU does not run a domain of type \(quoted(type)), and only QEMU has watchdog devices"
        case .noPCI(let model, let machine):
            "the machine \(quoted(machine)) has no PCI bus, which the model '\(model.rawValue)' needs;"
                + " exclude the guest, or give it another machine type"
        case .wrongMachine(let model, let machine):
            "the machine \(quoted(machine)) cannot take the model '\(model.rawValue)',"
                + " which \(model.home); \(model.fix)"
        case .onCommandLine(let watchdog, let wanted):
            "cannot change the action of the watchdog \(quoted(watchdog.model)) from"
                + " \(quoted(watchdog.action)) to '\(wanted.action.rawValue)' (vm.watchdog.existing=align):"
                + " the guest's qemu:commandline adds it, and libvirt does not know it; replace the"
                + " arguments by a <watchdog> element, or exclude the guest"
        case .actionOnCommandLine(let action, let wanted):
            "the guest's qemu:commandline sets the action \(quoted(action)) for all its watchdogs at each start,"
                + " but the policy's action is '\(wanted.action.rawValue)'; remove that argument, or set"
                + " vm.watchdog.existing=keep"
        case .setByGlobal(let model):
            "the guest's qemu:commandline sets properties of each '\(model.rawValue)' by -global, so QEMU may"
                + " abort on one more; remove that argument"
        case .idInUse(let id):
            "the guest's qemu:commandline has a device with the id \(quoted(id)), which virt-watchdog"
                + " needs; give that device another id"
        case .notInEmulator(let model, let emulator):
            "the emulator \(quoted(emulator)) does not have the model '\(model.rawValue)';"
                + " install the full QEMU, or choose another vm.watchdog.model"
        }
    }
}

extension RefuseReason {
    /// The reason in a few words.
    var phrase: String {
        switch self {
        case .notQEMU: "not QEMU"
        case .noPCI: "machine has no PCI bus"
        case .wrongMachine: "model/machine mismatch"
        case .onCommandLine, .actionOnCommandLine, .setByGlobal, .idInUse:
            "conflicting QEMU options"
        case .notInEmulator: "QEMU lacks the device"
        }
    }
}
