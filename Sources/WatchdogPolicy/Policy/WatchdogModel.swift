/// A watchdog device that libvirt can give to a guest.
///
/// The values are those of the `model` attribute of
/// [`<watchdog>`](https://libvirt.org/formatdomain.html#watchdog-devices).
package enum WatchdogModel: String, Sendable, Hashable, CaseIterable {
    /// The Intel 6300ESB, a PCI device; the only model that can be hot-plugged.
    case i6300esb
    /// The iBase 700, an ISA device of i440fx machines.
    case ib700
    /// The diagnose 0x288 facility of s390x.
    case diag288
    /// The timer in the ICH9 of q35 machines.
    case itco
}

/// What the policy says of the model.
package enum ModelChoice: Sendable, Hashable {
    /// The model that fits the guest: diag288 on s390x, else i6300esb.
    case fitting
    /// This model, for every guest.
    case model(WatchdogModel)
    /// No watchdog: every guest is left alone.
    case none

    /// Parses a model's name in any case, or `none`.
    init?(_ text: String) {
        if text.lowercased() == "none" {
            self = .none
        } else if let model = WatchdogModel(rawValue: text.lowercased()) {
            self = .model(model)
        } else {
            return nil
        }
    }

    static let names = WatchdogModel.allCases.map(\.rawValue) + ["none"]
}

extension ModelChoice: CustomStringConvertible {
    /// The spelling of the properties file; for the fitting model the one that most guests get.
    package var description: String {
        switch self {
        case .fitting: WatchdogModel.i6300esb.rawValue
        case .model(let model): model.rawValue
        case .none: "none"
        }
    }
}
