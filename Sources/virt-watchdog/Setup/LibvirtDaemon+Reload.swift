// SPDX-License-Identifier: Apache-2.0

import System

extension LibvirtDaemon {
    /// Whether systemd has seen the daemon through a change of state since some moment.
    ///
    /// The daemon had started before; while it runs, only a reload is such a change.
    func isReloaded(since moment: Duration, on host: LocalHost) -> Bool {
        guard host.hasSystemd, isSystem(on: host),
            let outcome = try? host.program(
                "systemctl",
                ["show", "-p", "MainPID", "-p", "StateChangeTimestampMonotonic", "\(name).service"]
            )?.run(within: .seconds(5)), outcome.status == 0
        else { return false }
        let lines = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
        func value(_ key: String) -> Int64? {
            lines.first { $0.hasPrefix(key + "=") }.flatMap { Int64($0.dropFirst(key.count + 1)) }
        }
        guard value("MainPID") == Int64(id),
            let microseconds = value("StateChangeTimestampMonotonic"), microseconds > 0
        else { return false }
        return Clock.monotonicOrigin + .microseconds(microseconds) >= moment
    }

    /// The command that makes the daemon look for hooks again.
    ///
    /// No unit of the system's runs a user's own daemon.
    func reload(on host: LocalHost) -> String {
        guard isSystem(on: host) else { return "kill -HUP \(id), as the user \(owner)" }
        return host.hasSystemd
            ? "sudo systemctl reload \(name)"
            : "sudo kill -HUP \(id), or sudo virt-watchdog setup, which also records it"
    }

    /// Whether it is the system's daemon, and no user's own.
    private func isSystem(on host: LocalHost) -> Bool { owner == host.administrator }
}
