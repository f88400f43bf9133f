// SPDX-License-Identifier: Apache-2.0

import Glibc
import Host
import Libvirt
import Protector
import System
import WatchdogPolicy

/// Brings one running guest to the policy, then ends the process.
struct OneShot {
    let uuid: String
    /// The process ID of the daemon that called the hook, or `nil` for the system's daemon.
    let daemon: Int32?

    func run() -> Never {
        do {
            let found = try self.daemon.map(Daemon.init(calling:)) ?? Daemon.find()
            guard let daemon = found else { throw OneShotProblem.noDaemon }
            // libvirt writes QEMU's pid file below the daemon's runtime directory.
            if !daemon.isSystem { setenv("XDG_RUNTIME_DIR", daemon.runtimeDirectory, 1) }
            let core = Core(
                .oneShot(uuid), policy: PolicyLoader.load(.ofEnvironment()).policy,
                memory: Memory(boot: BootID.current ?? "", firstTicks: 0))
            var isAsWanted = true
            var handlers = Engine.Handlers { line, severity in
                SystemLog.send(line.text, severity: severity)
            }
            handlers.finished = { _, outcome in isAsWanted = outcome.isAsWanted }
            try Engine(core, .daemon(daemon, guest: uuid), handlers).run()
            CurrentProcess.exitNow(isAsWanted ? 0 : 1)
        } catch {
            let line = LogLine(operation: "protect", guest: "", uuid: uuid, failure: "\(error)")
            SystemLog.send(line.text, severity: .error)
            CurrentProcess.exitNow(1)
        }
    }
}

/// The reason why a one-shot has nothing to do.
enum OneShotProblem: Error, CustomStringConvertible {
    case noDaemon

    var description: String { "no libvirt daemon runs; start libvirtd or virtqemud" }
}
