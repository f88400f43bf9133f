import Host
import System
import SystemPackage

/// The check `log`: what the hook decides is recorded.
enum LogReachable {
    /// Connects to the log of a host, and sends nothing.
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
