// SPDX-License-Identifier: Apache-2.0

import Host
import Libvirt
import Protector
import WatchdogPolicy

/// The running service in the output of `status --json`.
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

    /// Creates the answer. Returns `nil` without a service.
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
        let isSystem = !isRemote && isQEMUByURI && uri?.hasSuffix("/system") == true
        return isSystem ? ServicePresence() : nil
    }
}
