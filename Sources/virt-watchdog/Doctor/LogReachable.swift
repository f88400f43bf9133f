import Host
import System

/// The check `log`: the log records the hook's decisions.
enum LogReachable {
    /// Connects to a host's log without sending a line.
    static func finding(on host: LocalHost) -> Finding {
        let path = host.path(SystemLog.socketPath)
        do throws(Errno) {
            try SystemLog.reach(at: path)
            return .ok(.log, "the system's log takes lines at \(path.shellWord)")
        } catch {
            return .warn(
                .log,
                "nobody takes lines at \(path.shellWord): \(error); nothing that the hook decides is"
                    + " recorded",
                remedy: host.hasSystemd
                    ? "sudo systemctl start systemd-journald"
                    : "start a log daemon that listens there, such as rsyslogd")
        }
    }
}
