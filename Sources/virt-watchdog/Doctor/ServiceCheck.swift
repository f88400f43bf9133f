// SPDX-License-Identifier: Apache-2.0

import Host
import Protector
import WatchdogPolicy

/// The check `service`: it runs, has this version and reaches libvirt, and its guests match the
/// policy.
enum ServiceCheck {
    /// The directories of units, in systemd's order.
    private static let unitDirectories = [
        "/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
        "/lib/systemd/system",
    ]

    /// Checks the service on a host.
    ///
    /// - Parameter running: Whether waiting guests are for the service or for `apply`.
    static func finding(on host: LocalHost, under running: Policy.Running) -> Finding {
        switch ServicePresence(in: host.path(ServiceFile.directory)) {
        case .absent: absent(on: host)
        case .unreadable(let reason):
            .warn(
                .service, "the service runs, but its state is unusable: \(reason)",
                remedy: "sudo \(ServiceState.restart)")
        case .present(let state): finding(state, running)
        }
    }

    private static func absent(on host: LocalHost) -> Finding {
        let fallback = "the hook starts a one-shot for each guest that starts"
        let isInstalled = unitDirectories.contains { host.has("\($0)/virt-watchdogd.service") }
        let fix =
            if !host.hasSystemd {
                "let the init system run \(Paths.service) as root, or rely on the hook"
            } else if isInstalled {
                "sudo systemctl enable --now virt-watchdogd"
            } else {
                "run virt-watchdogd as a service, or rely on the hook; no systemd unit is installed"
            }
        return .warn(.service, "the service does not run: \(fallback)", remedy: fix)
    }

    private static func finding(_ state: ServiceState, _ running: Policy.Running) -> Finding {
        let message = "the service runs: \(state.description(under: running))"
        let report = state.report
        if !state.isOfToolsVersion {
            return .warn(.service, message, remedy: "sudo \(ServiceState.restart)")
        }
        if !report.isConnected {
            return .warn(
                .service, message, remedy: "start libvirtd or virtqemud; the service then connects")
        }
        if !report.notAnswering.isEmpty {
            return .warn(
                .service, message + names(report.notAnswering),
                remedy: "end or resume the QEMU processes of these guests")
        }
        if !report.failed.isEmpty {
            return .warn(
                .service, message + names(report.failed),
                remedy: "run virt-watchdog apply with the names of these guests")
        }
        if !report.waiting.isEmpty, running == .new {
            return .warn(
                .service, message, remedy: "sudo virt-watchdog apply --all, or the names of guests")
        }
        return .ok(.service, message)
    }

    /// Returns the names of the first guests.
    private static func names(_ guests: [Report.Entry]) -> String {
        let names = guests.prefix(3).map { quoted($0.name) }.joined(separator: ", ")
        return ": \(names)\(guests.count > 3 ? " and others" : "")"
    }
}
