// SPDX-License-Identifier: Apache-2.0

/// The policy's choice of a model.
package enum ModelChoice: Sendable, Hashable {
    /// The model that fits the guest's machine.
    case fitting
    /// One model for every guest.
    case model(WatchdogModel)
    /// No watchdog.
    case none

    /// Reads a model's name, in upper or lower case, or `none`.
    init?(_ text: String) {
        if text.lowercased() == "none" {
            self = .none
        } else if let model = WatchdogModel(rawValue: text.lowercased()) {
            self = .model(model)
        } else {
            return nil
        }
    }

    /// The valid values of the properties file.
    static let names = WatchdogModel.allCases.map(\.rawValue) + ["none"]

    /// Returns the chosen model for a machine, or `nil` for no watchdog.
    func model(on machine: MachineType) -> WatchdogModel? {
        switch self {
        case .fitting: .fitting(machine)
        case .model(let model): model
        case .none: nil
        }
    }

    /// Returns the device that QEMU must have on a host, or `nil` if the policy adds none.
    ///
    /// - Parameter arch: The host's architecture, as libvirt names it.
    package func device(onHostOf arch: String?) -> WatchdogModel? {
        model(on: MachineType(arch: arch, machine: nil)).flatMap { $0.isBuiltIn ? nil : $0 }
    }
}

extension ModelChoice: CustomStringConvertible {
    /// The spelling of the properties file. `fitting` has the name of the model for most guests.
    package var description: String {
        switch self {
        case .fitting: WatchdogModel.i6300esb.rawValue
        case .model(let model): model.rawValue
        case .none: "none"
        }
    }
}
