import HostSystem
import Protector
import Synchronization
import WatchdogPolicy

/// Reads the policy on a thread of its own, since its file may be on a file system that hangs.
final class PolicyReader: Sendable {
    private let requests = Semaphore()
    private let lastFault = Mutex<String?>(nil)

    /// Reads the policy now.
    func read() -> Policy {
        let policy = PolicyReport.ofHost(.ofEnvironment()).policy
        let isNew = lastFault.withLock { fault in
            defer { fault = policy.fault }
            return policy.fault != fault
        }
        if isNew, let fault = policy.fault {
            let line = LogLine(
                operation: "policy", guest: "",
                failure: "\(fault); no guest is changed until you fix it")
            SystemLog.send(line.text, severity: .error)
        }
        return policy
    }

    /// Has the thread read the policy.
    func readSoon() { requests.post() }

    /// Starts the thread.
    func start(_ give: @escaping @Sendable (Input) -> Void) {
        Crew.start { [self] in
            while true {
                requests.wait()
                // Several changes at once are one.
                while requests.wait(forPartOfSecond: 100) {}
                give(.policy(read()))
            }
        }
    }
}
