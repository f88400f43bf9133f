import Glibc
import Host
import Libvirt
import Protector
import System
import SystemPackage
import TimerProbe
import WatchdogPolicy

/// Brings one running guest to the policy, then ends the process.
struct OneShot {
    let uuid: String
    /// The process ID of the daemon that called the hook, or nothing for the system's daemon.
    let daemon: Int32?

    func run() -> Never {
        do {
            let daemon = try found()
            // libvirt notes QEMU's process ID below the daemon's runtime directory.
            if !daemon.isSystem { setenv("XDG_RUNTIME_DIR", daemon.runtimeDirectory, 1) }
            CurrentProcess.exitNow(try treat(daemon) ? 0 : 1)
        } catch {
            let line = LogLine(operation: "protect", guest: "", uuid: uuid, failure: "\(error)")
            SystemLog.send(line.text, severity: .error)
            CurrentProcess.exitNow(1)
        }
    }

    private func found() throws -> Daemon {
        if let daemon { return try Daemon(calling: daemon) }
        guard let daemon = Daemon.find() else { throw OneShotProblem.noDaemon }
        return daemon
    }

    /// - Returns: Whether the guest is as the policy wants it; if not, the log says why.
    private func treat(_ daemon: Daemon) throws(Errno) -> Bool {
        let core = Core(
            .oneShot(uuid), policy: PolicyLoader.load(.ofEnvironment()).policy,
            memory: Memory(boot: BootID.current ?? "", firstTicks: 0))
        var isAsWanted = true
        var handlers = Engine.Handlers { line, severity in
            SystemLog.send(line.text, severity: severity)
        }
        handlers.finished = { _, outcome in isAsWanted = outcome.isAsWanted }
        try Engine(core, .daemon(daemon, guest: uuid), handlers).run()
        return isAsWanted
    }
}

/// Why there is nothing that a one-shot could do.
enum OneShotProblem: Error, CustomStringConvertible {
    case noDaemon

    var description: String { "no libvirt daemon runs; start libvirtd or virtqemud" }
}
