import Host
import Libvirt
import Protector
import System
import TimerProbe
import WatchdogPolicy

/// What `status --json` says of a service that runs.
struct ServiceAnswer: Encodable {
    /// What it tells, or nothing where that is of no use.
    var state: ServiceState?
    /// Why its state is of no use.
    var problem: String?

    /// The answer about a service that runs, and nothing for none.
    init?(_ presence: ServicePresence) {
        switch presence {
        case .absent: return nil
        case .present(let state): self.state = state
        case .unreadable(let reason): problem = reason
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        let report = state?.report
        try container.encode(state?.version, forKey: .version)
        try container.encode(state?.process, forKey: .process)
        try container.encode(report?.isConnected, forKey: .connected)
        try container.encode(report?.treated, forKey: .treated)
        try container.encode(report?.waiting.count, forKey: .waiting)
        try container.encode(report?.notAnswering.count, forKey: .notAnswering)
        try container.encode(report?.failed.count, forKey: .failed)
        try container.encode(problem, forKey: .problem)
    }

    private enum CodingKeys: String, CodingKey {
        case version, process, connected, treated, waiting, notAnswering, failed, problem
    }
}

extension ServicePresence {
    /// The service as a line.
    ///
    /// - Parameter running: Whether the guests that wait are the service's own affair.
    func line(under running: Policy.Running) -> String {
        switch self {
        case .absent:
            "Service: not running; the hook starts a one-shot for each guest that starts."
        case .unreadable(let reason): "Service: running; \(reason), or \(ServiceState.restart)."
        case .present(let state):
            "Service: running, \(state.description(under: running))"
                + (state.isOfToolsVersion ? "." : "; run \(ServiceState.restart).")
        }
    }
}

extension ServiceState {
    /// Whether the service is of the tool's version.
    var isOfToolsVersion: Bool { version == Paths.version }

    /// What to do about a service of another version.
    static let restart = "systemctl restart virt-watchdogd"

    /// The state in a clause.
    ///
    /// - Parameter running: Whether the guests that wait are the service's own affair.
    func description(under running: Policy.Running) -> String {
        var parts = [
            "version \(version)", report.isConnected ? "connected" : "not connected to libvirt",
            "\(report.treated) treated",
            "\(report.waiting.count) waiting for "
                + (running == .new ? "virt-watchdog apply" : "their turn"),
            "\(report.notAnswering.count) not answering",
        ]
        if !report.failed.isEmpty { parts.append("\(report.failed.count) failed") }
        let mismatch =
            isOfToolsVersion ? "" : "; this tool is version \(Paths.version)"
        return parts.joined(separator: ", ") + mismatch
    }
}

extension Connection {
    /// The service of this daemon; nothing where the daemon is none of the system's.
    var service: ServicePresence? {
        let isSystem = !isRemote && isQEMU && uri?.hasSuffix("/system") == true
        return isSystem ? ServicePresence() : nil
    }
}
