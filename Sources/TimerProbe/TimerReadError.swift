// SPDX-License-Identifier: Apache-2.0

internal import Libvirt
internal import WatchdogPolicy

/// The reason why the state of a timer is unknown.
enum TimerReadError: Error {
    /// libvirt refused the monitor command, or it failed.
    case libvirt(LibvirtError)
    /// The guest's firmware has not numbered the device's bus.
    case notEnumerated
    /// The guest's firmware has not opened the window for configuration space.
    case noWindow
    /// QEMU printed no number for a command.
    case noValue(String)
    /// The chipset's timer has no time left.
    case noTimeLeft
    /// QEMU's monitor does not show the timer of this model on this machine.
    case unreadable(model: String)
    /// The operator excluded the monitor.
    case monitorIsOff
}

extension TimerReadError {
    /// Whether libvirt refuses the monitor to this user, and with it the guest agent.
    var isRefusal: Bool {
        if case .libvirt(let error) = self { error.isRefusal } else { false }
    }
}

extension TimerReadError: CustomStringConvertible {
    var description: String {
        switch self {
        case .libvirt where isRefusal:
            "this user may only read libvirt, which does not show the timer; run as root"
        case .libvirt(let error): "libvirt says: \(error)"
        case .notEnumerated, .noWindow:
            "the guest's firmware has not set up its PCI bus yet"
        case .noValue(let command): "QEMU's monitor prints no value for '\(command)'"
        case .noTimeLeft: "the timer has not been used since the guest's reset, or is about to fire"
        case .unreadable(let model):
            "QEMU's monitor does not show the timer of the model \(quoted(model)) on this machine"
        case .monitorIsOff: "QEMU's monitor was not asked"
        }
    }
}

/// Runs a libvirt call and converts its error.
func mappingErrors<Answer>(
    _ question: () throws(LibvirtError) -> Answer
) throws(TimerReadError) -> Answer {
    do throws(LibvirtError) {
        return try question()
    } catch {
        throw .libvirt(error)
    }
}
