import HostSystem
import Hypervisor
import WatchdogPolicy

/// The protector as the hook starts it: `virt-watchdog protect --connect URI`, and for a guest that
/// runs `[--fresh] UUID`, for one that is about to `--standby`.
///
/// With `--fresh`, what is written down about the guest's actions is of an earlier run. While it is at
/// work, it takes over other guests of the same daemon from the hook, and lingers for them.
///
/// It speaks to the system's log alone, and its exit status is always 0. It is no command of the
/// argument parser: a guest in its firmware waits for it, and parsing took a fifth of its time.
struct ProtectorProcess {
    private let uri: String
    private let call: ProtectorCall

    /// Takes the hook's arguments, and nothing else.
    init?(arguments: [String]) {
        guard (5...6).contains(arguments.count), arguments[1] == "protect",
            arguments[2] == "--connect",
            let call = ProtectorCall(arguments[4...].joined(separator: " ").utf8)
        else { return nil }
        uri = arguments[3]
        self.call = call
    }

    /// Brings the guest to the policy, and those that come meanwhile, and logs what came of it.
    func run() {
        let pool = ConnectionPool(to: uri)
        let isOfHook = uri == DetachedProcess.protectorURI
        Shift.usual.run(call, at: isOfHook ? .ofUser() : nil, standBy: pool.open) { request in
            OneProtection(request, pool).run()
        }
    }
}

/// The work on one guest.
private struct OneProtection {
    private let pool: ConnectionPool
    private let uuid: String
    private let isFresh: Bool

    init(_ request: ProtectionRequest, _ pool: ConnectionPool) {
        self.pool = pool
        uuid = request.uuid
        isFresh = request.isFresh
    }

    func run() {
        // Read for each guest, since the file may have been changed meanwhile.
        let policy = PolicyReport.ofHost(.ofEnvironment()).policy
        let protector = BlockingProtector(policy: policy, timing: .patient)
        var name = ""
        let seat = pool.seat()
        let find: () throws(LibvirtError) -> Guest = { () throws(LibvirtError) in
            let guest = try seat.connection().guest(uuid: uuid)
            name = guest.name
            return guest
        }
        do throws(ProtectionError) {
            let protection = try protector.protect(isFresh: isFresh, find)
            let line = LogLine(
                operation: "protect", guest: name, uuid: uuid, plan: protection.plan,
                result: protection.result.rawValue, reason: protection.reason)
            let severity = protection.isConverged ? SystemLog.Severity.notice : .warning
            SystemLog.send(line.text, severity: max(severity, protection.plan.severity))
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
