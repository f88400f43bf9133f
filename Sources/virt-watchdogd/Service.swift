// SPDX-License-Identifier: Apache-2.0

import Glibc
import Host
import Libvirt
import Protector
import System
import SystemPackage
import WatchdogPolicy

/// The service: a core with all guests, connected to systemd, hooks and commands.
final class Service {
    /// The shortest time between two writes of the state.
    private static let stateInterval = Duration.seconds(1)

    private let manager = ServiceManager()
    private let signals: SignalDescriptor
    private let file: ServiceFile
    private let runs: RunFile
    private let watch: HostWatch
    private let policy: PolicyReader
    private var lastState: ServiceState?
    private var isReady = false
    private var lastFeed = SuspendingClock.now
    private var lastStateError: Errno?
    private var stateMayDiffer = true
    private var lastWrite = SuspendingClock.now - Service.stateInterval

    /// Runs the service until a signal ends it.
    static func run() -> Never {
        do {
            try Service().serve()
        } catch {
            File.writeToStandardError("virt-watchdogd: \(error)\n")
            // With the journal on standard error, one copy is enough.
            if Environment["JOURNAL_STREAM"] == nil {
                let line = LogLine(operation: "start", guest: "", failure: "\(error)")
                SystemLog.send(line.text, severity: .error)
            }
            CurrentProcess.exitNow(1)
        }
    }

    private init() throws {
        // Threads inherit the blocked signals, so this comes first.
        signals = try SignalDescriptor()
        guard CurrentProcess.effectiveUser == 0 else { throw ServiceProblem.notRoot }
        file = try ServiceFile()
        guard let boot = BootID.current else { throw ServiceProblem.noBootID }
        runs = RunFile(boot: boot) { SystemLog.send($0.text, severity: $1) }
        watch = try HostWatch(service: file.path)
        policy = try PolicyReader()
    }

    private func serve() throws -> Never {
        // The file system may hang, and libvirt's start waits for READY.
        let unread = Policy(fault: "the properties file has not been read yet")
        let core = Core(.service, policy: unread, memory: runs.memory)
        var handlers = Engine.Handlers { line, severity in
            SystemLog.send(line.text, severity: severity)
        }
        handlers.remember = { [runs] uuid, run in runs.append(uuid, run) }
        handlers.rememberFire = { [runs] uuid, fire in runs.append(uuid, fire) }
        handlers.serve = { [file] serves, daemon in Self.mark(file, serves, daemon) }
        let engine = try Engine(core, .service, handlers)
        guard policy.start(engine.inbox) else { throw ServiceProblem.noThread }
        engine.begin()
        while true {
            // systemd may be too busy to take the message at once.
            if !isReady { isReady = manager?.send("READY=1") ?? true }
            let ready = Poll.readable(
                among: [engine.descriptor, signals.descriptor, watch.descriptor],
                timeout: timeout(of: engine))
            if ready.contains(signals.descriptor) { takeSignals(engine) }
            if ready.contains(watch.descriptor), watch.read() { engine.inbox(.nudged) }
            if engine.turn() { stateMayDiffer = true }
            writeState(engine)
            feedManager()
        }
    }

    private func timeout(of engine: Engine) -> Duration? {
        var times = [engine.timeout, manager?.watchdogInterval.map { $0 / 4 }].compactMap { $0 }
        if !isReady { times.append(.milliseconds(100)) }
        if stateMayDiffer { times.append(Self.stateInterval) }
        return times.min()
    }

    private func takeSignals(_ engine: Engine) {
        while let signal = signals.read() {
            guard signal == SIGHUP else {
                manager?.send("STOPPING=1")
                // Calls that never return would delay an orderly exit.
                CurrentProcess.exitNow(0)
            }
            manager?.send("RELOADING=1")
            policy.readSoon()
            engine.inbox(.sweepRequested)
            manager?.send("READY=1")
        }
    }

    /// Feeds systemd's watchdog several times in its interval, while the core takes its turns.
    private func feedManager() {
        guard let manager, let interval = manager.watchdogInterval else { return }
        let now = SuspendingClock.now
        guard now - lastFeed >= interval / 4 else { return }
        if manager.send("WATCHDOG=1") { lastFeed = now }
    }

    private static func mark(_ file: ServiceFile, _ serves: Bool, _ daemon: Daemon?) {
        do throws(ServiceFileError) {
            if serves {
                try file.lock()
                let followed = daemon.map { "\($0.process)/\($0.startTicks)" } ?? "none"
                try file.write(
                    "version=\(Paths.version)\npid=\(CurrentProcess.id)\ndaemon=\(followed)\n")
            } else {
                file.unlock()
            }
        } catch {
            let line = LogLine(operation: "serve", guest: "", failure: "\(error)")
            SystemLog.send(line.text, severity: .error)
        }
    }

    /// Writes the state for the commands, if it has changed.
    private func writeState(_ engine: Engine) {
        let now = SuspendingClock.now
        guard stateMayDiffer, now - lastWrite >= Self.stateInterval else { return }
        stateMayDiffer = false
        lastWrite = now
        let state = ServiceState(engine.report)
        guard state != lastState else { return }
        do throws(Errno) {
            try state.write()
            lastState = state
            lastStateError = nil
        } catch {
            if error != lastStateError {
                let line = LogLine(
                    operation: "state", guest: "",
                    failure:
                        "cannot write \(ServiceFile.directory)/state: \(error); status and plan"
                        + " show an earlier state")
                SystemLog.send(line.text, severity: .warning)
            }
            lastStateError = error
        }
        manager?.send("STATUS=\(state.summary)")
    }
}

/// The reason why the service cannot start.
enum ServiceProblem: Error, CustomStringConvertible {
    case notRoot
    case noBootID
    case noThread

    var description: String {
        switch self {
        case .noBootID:
            "cannot read /proc/sys/kernel/random/boot_id, which tells runs apart; mount /proc"
        case .noThread: "cannot start a thread: the system has none to spare; raise TasksMax"
        case .notRoot:
            "cannot run the service: user \(CurrentProcess.effectiveUser) is not root; run it as root"
        }
    }
}
