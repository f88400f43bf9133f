// SPDX-License-Identifier: Apache-2.0

import System
import SystemPackage

/// The check `log`: the log records the hook's decisions.
enum LogReachable {
    /// Connects to a host's log without sending a line.
    static func finding(on host: LocalHost) -> Finding {
        let path = host.path(SystemLog.socketPath)
        do throws(Errno) {
            try SystemLog.reach(at: path)
            return .ok(.log, "the system log accepts lines at \(path.shellWord)")
        } catch {
            return .warn(
                .log,
                "\(path.shellWord): \(error); hook decisions are not logged",
                remedy: host.hasSystemd
                    ? "sudo systemctl start systemd-journald"
                    : "start a log daemon that listens there, such as rsyslogd")
        }
    }
}
