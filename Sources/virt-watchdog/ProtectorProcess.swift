import HostSystem
import Hypervisor
import WatchdogPolicy

/// The protector of one guest, as the hook starts it:
/// `virt-watchdog protect --connect URI [--fresh] UUID`.
///
/// With `--fresh`, what is written down about the guest's actions is of an earlier run.
///
/// It speaks to the system's log alone, and its exit status is always 0. It is no command of the
/// argument parser: a guest in its firmware waits for it, and parsing took a fifth of its time.
struct ProtectorProcess {
    private let uri: String
    private let uuid: String
    private let isFresh: Bool

    /// Takes the hook's arguments, and nothing else.
    init?(arguments: [String]) {
        guard (5...6).contains(arguments.count), arguments[1] == "protect",
            arguments[2] == "--connect"
        else { return nil }
        isFresh = arguments.count == 6
        if isFresh, arguments[4] != "--fresh" { return nil }
        uri = arguments[3]
        uuid = arguments[arguments.count - 1]
    }

    /// Brings the guest to the policy, and logs what came of it.
    func run() {
        let policy = PolicyReport.ofHost(.ofEnvironment()).policy
        let protector = Protector(policy: policy, timing: .patient)
        var name = ""
        var last: Guest?
        do throws(ProtectionError) {
            let protection = try protector.protect(isFresh: isFresh) { () throws(LibvirtError) in
                let guest = try Connection(to: uri).guest(uuid: uuid)
                name = guest.name
                last = guest
                return guest
            }
            let line = LogLine(
                operation: "protect", guest: name, uuid: uuid, plan: protection.plan,
                result: protection.result.rawValue, reason: protection.reason)
            SystemLog.send(line.text, severity: protection.isConverged ? .notice : .warning)
            if policy.persist, let last { try persist(last, protector) }
        } catch {
            let isGone = error.isGuestGone
            let line = LogLine(
                operation: "protect", guest: name, uuid: uuid, result: isGone ? "gone" : "failed",
                reason: isGone ? "nothing is left to be done; \(error)" : "\(error)")
            SystemLog.send(line.text, severity: isGone ? .info : .error)
        }
    }

    /// Brings the persistent definition to the policy, and logs what came of it.
    private func persist(_ guest: Guest, _ protector: Protector) throws(ProtectionError) {
        let persistence = try protector.persist(guest)
        let line = LogLine(
            operation: "persist", guest: guest.name, uuid: uuid,
            result: persistence.result.rawValue, reason: persistence.reason)
        SystemLog.send(line.text, severity: persistence.isConverged ? .notice : .warning)
    }
}
