import Host
import System

extension LibvirtDaemon {
    /// Whether systemd has seen the daemon through a change of state since some moment.
    ///
    /// The daemon had started before; while it runs, only a reload is such a change.
    func isReloaded(since moment: Duration, on host: LocalHost) -> Bool {
        guard host.hasSystemd,
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

    /// What makes the daemon look for hooks again.
    ///
    /// Without systemd, a signal leaves nothing behind to tell that it was sent; install.sh does.
    func reload(on host: LocalHost) -> String {
        host.hasSystemd
            ? "sudo systemctl reload \(name)"
            : "sudo kill -HUP \(id), or \(LocalHost.installAgain), which notes that it did so"
    }
}
