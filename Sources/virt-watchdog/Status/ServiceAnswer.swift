import Host
import Libvirt
import Protector
import System
import TimerProbe
import WatchdogPolicy

/// The service in the output of `status --json`.
struct ServiceAnswer: Encodable {
    @Nullable var version: String?
    @Nullable var process: Int32?
    @Nullable var connected: Bool?
    @Nullable var treated: Int?
    @Nullable var waiting: Int?
    @Nullable var notAnswering: Int?
    @Nullable var failed: Int?
    /// Why the service's state cannot be used.
    @Nullable var problem: String?

    /// The answer about a running service; `nil` if none runs.
    init?(_ presence: ServicePresence) {
        let state: ServiceState?
        switch presence {
        case .absent: return nil
        case .present(let present): (state, problem) = (present, nil)
        case .unreadable(let reason): (state, problem) = (nil, reason)
        }
        let report = state?.report
        version = state?.version
        process = state?.process
        connected = report?.isConnected
        treated = report?.treated
        waiting = report?.waiting.count
        notAnswering = report?.notAnswering.count
        failed = report?.failed.count
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
