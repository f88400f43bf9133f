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
        let find: () throws(LibvirtError) -> Guest = { () throws(LibvirtError) in
            let guest = try Connection(to: uri).guest(uuid: uuid)
            name = guest.name
            return guest
        }
        do throws(ProtectionError) {
            let protection = try protector.protect(isFresh: isFresh, find)
            let line = LogLine(
                operation: "protect", guest: name, uuid: uuid, plan: protection.plan,
                result: protection.result.rawValue, reason: protection.reason)
            SystemLog.send(line.text, severity: protection.isConverged ? .notice : .warning)
        } catch {
            log(error, of: "protect", name)
            return
        }
        guard policy.persist else { return }
        do throws(ProtectionError) {
            let persistence = try protector.persist(finding: find)
            let line = LogLine(
                operation: "persist", guest: name, uuid: uuid,
                result: persistence.result.rawValue, reason: persistence.reason)
            SystemLog.send(line.text, severity: persistence.isConverged ? .notice : .warning)
        } catch {
            log(error, of: "persist", name)
        }
    }

    private func log(_ error: ProtectionError, of operation: String, _ name: String) {
        let isGone = error.isGuestGone && operation == "protect"
        let line = LogLine(
            operation: operation, guest: name, uuid: uuid, result: isGone ? "gone" : "failed",
            reason: isGone ? "nothing is left to be done; \(error)" : "\(error)")
        SystemLog.send(line.text, severity: isGone ? .info : .error)
    }
}
