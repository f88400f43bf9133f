// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import System

/// Has libvirt's daemon look for hooks again.
///
/// libvirt looks for its first hook when it starts or reloads. It ignores a reload while it starts, so
/// the daemon has to answer first.
struct DaemonReload {
    /// What became of the daemon.
    enum Outcome: Hashable {
        /// No daemon runs, and none is started by a client.
        case noDaemon
        /// The daemon was reloaded.
        case reloaded(Daemon)
        /// The daemon, which was idle, was started and has the hook.
        case started(Daemon)
        /// The daemon could not be reloaded: the fact, its cause and a fix.
        case failed(String)
    }

    /// The installation whose hook the daemon should run.
    var installation: Installation
    /// The seconds for which the daemon may not answer.
    var timeout = 30
    /// Connects to a daemon by its URI; returns `nil` if it does not answer within some seconds. The
    /// daemon stays up while the value exists.
    var connect: Connect = Self.open

    /// A connection to a URI, within some seconds.
    typealias Connect = (_ uri: String, _ seconds: Int) -> Result<any Sendable, LibvirtError>

    /// The directory in which libvirt keeps its sockets and pid files.
    private var runtimeDirectory: String { installation.host.path("/run") }

    /// The daemons with their sockets, in the order in which libvirt's clients look for them.
    private static let sockets = [("virtqemud", "virtqemud-sock"), ("libvirtd", "libvirt-sock")]

    private static func open(
        _ uri: String, _ seconds: Int
    ) -> Result<any Sendable, LibvirtError> {
        Result { () throws(LibvirtError) in
            try Connection.open(to: uri, readOnly: false, timeout: seconds)
        }
    }

    /// Reloads the running daemon.
    ///
    /// - Parameter wakesIdle: Whether to start an idle daemon for which systemd listens.
    func run(wakesIdle: Bool) -> Outcome {
        let end = ContinuousClock.now + .seconds(timeout)
        var last: LibvirtError?
        while let holder = DaemonProcess.holder(in: runtimeDirectory) {
            let rest = max(1, Int((end - .now).components.seconds))
            guard let daemon = Daemon.find(runtimeDirectory: runtimeDirectory) else {
                // While the daemon starts, its socket is missing.
                guard end > .now else { return .failed(holder.withoutSocket) }
                Thread.sleep(seconds: 1)
                continue
            }
            if installation.dryRun { return reload(daemon) }
            switch connect(daemon.uri, rest) {
            case .success(let connection):
                return withExtendedLifetime(connection) { reload(daemon) }
            case .failure(let error):
                last = error
            }
            guard end > .now else {
                return .failed(
                    notAnswering(
                        daemon, last,
                        fix: wakesIdle ? "virt-watchdog setup again" : "kill -HUP \(daemon.process)"
                    ))
            }
            Thread.sleep(seconds: 1)
        }
        return wakesIdle && !installation.dryRun ? wake() : .noDaemon
    }

    private func notAnswering(_ daemon: Daemon, _ error: LibvirtError?, fix: String) -> String {
        let cause = error.flatMap { $0.code == .operationTimeout ? nil : " (\($0))" } ?? ""
        return
            "\(daemon.name) (process \(daemon.process)) was not reloaded: it did not answer within"
            + " \(timeout) seconds\(cause); see its log, then run \(fix)"
    }

    // MARK: A running daemon

    private func reload(_ daemon: Daemon) -> Outcome {
        installation.step("Reloading \(daemon.name)")
        let failure = "\(daemon.name) (process \(daemon.process)) was not reloaded"
        if isUnit(daemon) {
            let unit = "\(daemon.name).service"
            guard installation.run("systemctl", ["reload", unit], within: .seconds(timeout)) == 0
            else {
                return .failed(
                    "\(failure): systemctl reload \(unit) failed; see systemctl status \(unit)")
            }
        } else if installation.dryRun {
            installation.run("kill", ["-HUP", "\(daemon.process)"])
        } else {
            guard
                let process = ProcessHandle(daemon.process, startTicks: daemon.startTicks),
                daemon.isCurrent, process.reload()
            else { return .failed("\(failure): it has ended; run virt-watchdog setup again") }
        }
        return .reloaded(daemon)
    }

    /// Whether systemd runs the daemon as the unit of its name.
    private func isUnit(_ daemon: Daemon) -> Bool {
        guard installation.hasSystemd,
            let outcome = try? installation.program(
                "systemctl", ["show", "-p", "MainPID", "\(daemon.name).service"])?
                .run(within: .seconds(10))
        else { return false }
        return String(decoding: outcome.output, as: UTF8.self) == "MainPID=\(daemon.process)\n"
    }

    // MARK: An idle daemon

    /// Starts the daemon for whose clients systemd listens, and checks that it has the hook.
    private func wake() -> Outcome {
        for (name, socket) in Self.sockets where installation.program(name) != nil {
            let path = "\(runtimeDirectory)/libvirt/\(socket)"
            guard ListeningSocket.exists(at: path) else { continue }
            installation.step("Starting \(name), which is idle")
            switch connect("qemu+unix:///system?socket=\(path)", timeout) {
            case .failure(let error):
                return .failed(
                    "\(name) does not start when a client connects: \(error); see systemctl status"
                        + " \(name), then run virt-watchdog setup again")
            case .success(let connection):
                return withExtendedLifetime(connection) {
                    guard let daemon = Daemon.find(runtimeDirectory: runtimeDirectory) else {
                        return .failed(
                            "\(name) answers, but no process of this host holds its pid file;"
                                + " run virt-watchdog verify")
                    }
                    return hasHook(daemon) ? .started(daemon) : reload(daemon)
                }
            }
        }
        return .noDaemon
    }

    /// Whether a daemon started after the hook was put there.
    private func hasHook(_ daemon: Daemon) -> Bool {
        let host = installation.host
        guard let process = LibvirtDaemon(daemon.process, named: daemon.name, on: host) else {
            return false
        }
        let findings = HookSeen.findings(
            Hooks(of: host), daemons: LibvirtDaemons(running: [process], isReachable: true),
            on: host)
        return !findings.isEmpty && findings.allSatisfy { $0.level == .ok }
    }
}
