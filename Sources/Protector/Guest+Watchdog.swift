internal import FoundationEssentials
package import Libvirt
package import WatchdogPolicy

extension Guest {
    /// Changes what QEMU does when a watchdog of the running guest fires.
    ///
    /// libvirt has no call for it, and goes on to name the action of its definition. It is for guests
    /// whose definition has a watchdog: libvirt 9.0 ends when one fires that it does not know of. The
    /// commands are QMP's `set-action` and, before QEMU 6.0, `watchdog-set-action`; they know all
    /// actions but `dump`, which is libvirt's.
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
    /// Asks the running guest to let go of our watchdog, where libvirt was killed after QEMU had taken
    /// it and before that was written down.
    ///
    /// libvirt has no call to adopt it, and to attach ours again needs its name. A request that comes
    /// to a guest in its firmware stays unheard until its next reset, and QEMU takes no other one
    /// meanwhile. The command is QMP's `device_del`, which does not wait for the guest.
    ///
    /// - Returns: Whether it has done so.
    package func unplugOrphanedWatchdog() throws(LibvirtError) -> Bool {
        let answer = try ask(
            machine:
                #"{"execute":"device_del","arguments":{"id":"\#(WatchdogDevice.alias)"}}"#)
        return MonitorOutcome(answer).isWithoutDevice
    }
}

/// What QMP says of a command that gives no answer but whether it worked.
struct MonitorOutcome {
    /// Why it did not work, or nothing.
    let problem: String?
    /// Whether this QEMU has no such command.
    let isUnknownCommand: Bool
    /// Whether there is no device of the name that was given.
    let isWithoutDevice: Bool

    init(_ answer: String) {
        let reply = try? JSONDecoder().decode(Reply.self, from: Data(answer.utf8))
        problem = reply == nil ? "its answer is no JSON" : reply?.error?.desc
        isUnknownCommand = reply?.error?.class == "CommandNotFound"
        isWithoutDevice = reply?.error?.class == "DeviceNotFound"
    }

    private struct Reply: Decodable {
        struct Failure: Decodable {
            var `class`: String
            var desc: String
        }

        var error: Failure?
    }
}
