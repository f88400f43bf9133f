import Host
import Libvirt
import Protector
import System
import TimerProbe
import WatchdogPolicy

/// The running service in the output of `status --json`.
struct ServiceAnswer: Encodable {
    /// The service's state, or `nil` if it is unusable.
    var state: ServiceState?
    /// The reason why the state is unusable.
    var problem: String?

    /// Creates the answer. Returns `nil` without a service.
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
    /// Returns the service's state as a line.
    ///
    /// - Parameter running: Whether waiting guests are for the service or for `apply`.
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
    /// Whether service and tool have the same version.
    var isOfToolsVersion: Bool { version == Paths.version }

    /// The remedy for a service of another version.
    static let restart = "systemctl restart virt-watchdogd"

    /// Returns the state as a clause.
    ///
    /// - Parameter running: Whether waiting guests are for the service or for `apply`.
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
    /// The service of this daemon, or `nil` if the daemon is not the system's.
    var service: ServicePresence? {
        let isSystem = !isRemote && isQEMU && uri?.hasSuffix("/system") == true
        return isSystem ? ServicePresence() : nil
    }
}
