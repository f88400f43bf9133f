// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
package import Libvirt
package import WatchdogPolicy

extension Guest {
    /// Changes QEMU's action for the watchdogs of the running guest.
    ///
    /// libvirt has no call for it, and still reports the action in its domain XML. Use it only for
    /// guests with a watchdog in their domain XML: libvirt 9.0 crashes when an unknown one fires.
    /// The commands are QMP's `set-action` and, before QEMU 6.0, `watchdog-set-action`. They know
    /// all actions except `dump`, which is libvirt's.
    package func setWatchdogAction(_ action: WatchdogAction) throws(LibvirtError) {
        let name = action.rawValue
        var answer = try MonitorOutcome(
            ask(machine: #"{"execute":"set-action","arguments":{"watchdog":"\#(name)"}}"#))
        if answer.isUnknownCommand {
            answer = try MonitorOutcome(
                ask(
                    machine:
                        #"{"execute":"watchdog-set-action","arguments":{"action":"\#(name)"}}"#))
        }
        if let problem = answer.problem {
            throw LibvirtError(
                code: .unsupported,
                message: "QEMU does not change the watchdog's action to '\(name)': \(problem)")
        }
    }
}

extension Guest {
    /// Asks the running guest to release our orphaned watchdog.
    ///
    /// An orphan is a device that QEMU took before libvirt was killed. libvirt cannot adopt it, and
    /// a new device needs its name. A guest in its firmware ignores the request until its next
    /// reset, and QEMU takes no other one meanwhile. The command is QMP's `device_del`, which does
    /// not wait for the guest.
    ///
    /// - Returns: Whether the device is gone.
    package func unplugOrphanedWatchdog() throws(LibvirtError) -> Bool {
        let answer = try ask(
            machine:
                #"{"execute":"device_del","arguments":{"id":"\#(WatchdogDevice.alias)"}}"#)
        return MonitorOutcome(answer).isWithoutDevice
    }
}
