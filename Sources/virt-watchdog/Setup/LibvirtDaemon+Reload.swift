// SPDX-License-Identifier: Apache-2.0

import System

extension LibvirtDaemon {
    /// Returns when systemd last reloaded the daemon, since 1970; `nil` if it has not, or does not run it.
    ///
    /// While the daemon runs, only a reload changes the unit's state.
    func lastReload(on host: LocalHost) -> Duration? {
        guard host.hasSystemd, isSystem(on: host),
            let outcome = try? host.program(
                "systemctl",
                [
                    "show", "-p", "MainPID", "-p", "ActiveEnterTimestampMonotonic", "-p",
                    "StateChangeTimestampMonotonic", "\(name).service",
                ]
            )?.run(within: .seconds(5)), outcome.status == 0
        else { return nil }
        let lines = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
        func value(_ key: String) -> Int64? {
            lines.first { $0.hasPrefix(key + "=") }.flatMap { Int64($0.dropFirst(key.count + 1)) }
        }
        guard value("MainPID") == Int64(id),
            let microseconds = value("StateChangeTimestampMonotonic"), microseconds > 0,
            microseconds != value("ActiveEnterTimestampMonotonic")
        else { return nil }
        return Clock.monotonicOrigin + .microseconds(microseconds)
    }

    /// The command that makes the daemon look for hooks again, and lets `doctor` see that.
    ///
    /// `setup` reloads no user's own daemon, which leaves no trace of a reload.
    func reload(on host: LocalHost) -> String {
        isSystem(on: host)
            ? "sudo virt-watchdog setup --reload-only"
            : "kill \(id), as the user \(owner); it starts again for its next client, and its"
                + " guests keep running"
    }

    /// Whether it is the system's daemon, and no user's own.
    private func isSystem(on host: LocalHost) -> Bool { owner == host.administrator }
}
