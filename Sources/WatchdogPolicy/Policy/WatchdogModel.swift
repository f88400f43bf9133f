// SPDX-License-Identifier: Apache-2.0

/// A watchdog device that libvirt can give to a guest.
///
/// This file holds all that the plan knows about a model, in exhaustive switches.
/// The values are those of the `model` attribute of
/// [`<watchdog>`](https://libvirt.org/formatdomain.html#watchdog-devices).
package enum WatchdogModel: String, Sendable, Hashable, CaseIterable {
    /// The Intel 6300ESB, a PCI device.
    case i6300esb
    /// The iBase 700, an ISA device.
    case ib700
    /// The diagnose 0x288 facility.
    case diag288
    /// The timer in the ICH9 chipset.
    case itco

    /// Whether libvirt can add the model to a running guest.
    var isHotPluggable: Bool {
        switch self {
        case .i6300esb: true
        case .ib700, .diag288, .itco: false
        }
    }

    /// Whether the model takes a slot on a PCI bus.
    var needsPCI: Bool {
        switch self {
        case .i6300esb: true
        case .ib700, .diag288, .itco: false
        }
    }

    /// Whether the model is a part of its machines, and no device of QEMU's `-device help`.
    package var isBuiltIn: Bool {
        switch self {
        case .itco: true
        case .i6300esb, .ib700, .diag288: false
        }
    }

    /// Returns whether a machine can have the model.
    func exists(on machine: MachineType) -> Bool {
        switch self {
        case .i6300esb: machine != .s390
        case .ib700: machine == .i440fx
        case .diag288: machine == .s390
        case .itco: machine == .q35
        }
    }

    /// The machines that have the model, as the end of a clause about a machine without it.
    var home: String {
        switch self {
        case .i6300esb: "QEMU does not have on s390x"
        case .ib700: "only i440fx machines (pc) have"
        case .diag288: "only s390x has"
        case .itco: "only q35 machines have"
        }
    }

    /// The fix for a guest whose machine does not have the model.
    var fix: String {
        switch self {
        case .i6300esb: "leave vm.watchdog.model out, or choose diag288 in the guest's metadata"
        case .ib700, .diag288, .itco:
            "leave vm.watchdog.model out, or choose i6300esb in the guest's metadata"
        }
    }

    /// The names of the hot-pluggable models, as a part of a sentence.
    static var hotPluggableNames: String {
        allCases.filter(\.isHotPluggable).map(\.rawValue).joined(separator: " or ")
    }

    /// Returns the model for a machine under a policy without a model.
    static func fitting(_ machine: MachineType) -> WatchdogModel {
        machine == .s390 ? .diag288 : .i6300esb
    }
}
