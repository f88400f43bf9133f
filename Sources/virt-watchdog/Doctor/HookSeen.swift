// SPDX-License-Identifier: Apache-2.0

import System
import SystemPackage

/// The check `hook-seen`: the daemon knows that there is a hook.
///
/// libvirt looks for hooks when its daemon starts and when it is reloaded. If there was one, it looks
/// at the folder anew for each guest; if there was none, it does not look again. A file that cannot be
/// executed is no hook.
enum HookSeen {
    /// Checks each daemon that runs.
    static func findings(_ hooks: Hooks, daemons: LibvirtDaemons, on host: LocalHost) -> [Finding] {
        // What libvirt does not run, it has not seen either; that is said already.
        guard let hook = hooks.ours.first(where: \.isRun) else { return [] }
        if daemons.running.isEmpty {
            return [daemons.isReachable ? unseenDaemon : .ok(.hookSeen, noDaemon)]
        }
        return daemons.running.map { finding(hook, hooks, of: $0, on: host) }
    }

    private static func finding(
        _ hook: HookFile, _ hooks: Hooks, of daemon: LibvirtDaemon, on host: LocalHost
    ) -> Finding {
        let name = "\(daemon.name) (process \(daemon.id))"
        if isThere(hook, before: daemon) {
            return .ok(.hookSeen, "\(name) started after the hook was put there")
        }
        if let other = hooks.files.first(where: { $0.isRun && isThere($0, before: daemon) }) {
            return .ok(
                .hookSeen,
                "\(name) found \(other.path.shellWord) when it started, so it calls hooks")
        }
        let changed = hook.status?.changed ?? .zero
        let reload = daemon.lastReload(on: host)
        let record = ReloadRecord.time(of: daemon, on: host)
        if let reload, changed <= reload {
            return .ok(.hookSeen, "\(name) was reloaded after the hook was put there")
        }
        // The hook was changed since, as by chmod: it may have been no hook at the last look.
        let look = [daemon.started, reload, record].compactMap { $0 }.max() ?? daemon.started
        let log = DaemonLog(of: daemon, on: host)
        let rejection = log?.lastRejection(of: hook.nominalPath).flatMap { $0 < look ? nil : $0 }
        if rejection == nil {
            if record == look {
                return .ok(.hookSeen, "\(name) was reloaded by virt-watchdog setup")
            }
            if log != nil, isEntry(hook, since: look, on: host) {
                return .ok(
                    .hookSeen, "\(name) found the hook when it looked for hooks, as its log shows")
            }
        }
        if hasCalled(daemon, since: [reload, rejection].compactMap { $0 }.max(), on: host) {
            return .ok(
                .hookSeen, "\(name) has called the hook since it started, as the journal shows")
        }
        return .warn(
            .hookSeen, "\(name) \(doubt(hook, rejection, since: look, on: host))",
            remedy: daemon.reload(on: host))
    }

    /// Why the daemon may call no hook.
    private static func doubt(
        _ hook: HookFile, _ rejection: Duration?, since look: Duration, on host: LocalHost
    ) -> String {
        if rejection != nil {
            return
                "found a hook that it could not execute when it last looked, as its log shows, and"
                + " calls none until it looks again"
        }
        if isEntry(hook, since: look, on: host) {
            return "calls no hook if the hook was not executable when it last looked; the hook's"
                + " permissions or contents have changed since"
        }
        return "started before the hook was put there, and calls none if there was none then; this"
            + " cannot be seen from outside"
    }

    /// Whether a hook was there, as it is now, when a daemon started.
    ///
    /// The kernel notes a start in ticks, and the daemon takes longer than that to look for hooks.
    private static func isThere(_ hook: HookFile, before daemon: LibvirtDaemon) -> Bool {
        guard let changed = hook.status?.changed else { return false }
        return changed <= daemon.started + tick
    }

    /// Whether the hook's directory is unchanged, so the same file or link was there; its permissions
    /// may have been others.
    ///
    /// libvirt logs no dangling link at the place of a single hook.
    private static func isEntry(_ hook: HookFile, since look: Duration, on host: LocalHost) -> Bool
    {
        let directory = FilePath(hook.path).removingLastComponent().string
        guard let status = try? Stat(directory), status.changed <= look + tick else { return false }
        return hook.isInFolder
            || (try? Stat(hook.path, followTargetSymlink: false))?.type == .regular
    }

    private static let tick = Duration.seconds(1) / Clock.ticksPerSecond

    /// Whether the journal has a line of the hook's from `prepare` since the daemon started, or later.
    ///
    /// At other operations, the hook has nothing to say where the service runs.
    private static func hasCalled(
        _ daemon: LibvirtDaemon, since moment: Duration?, on host: LocalHost
    ) -> Bool {
        let start = max(daemon.started, moment ?? daemon.started)
        let arguments = [
            "-t", SystemLog.tag, "_UID=\(host.administrator)",
            "--since", "@\(start.components.seconds + 1)", "-n", "1000", "-o", "cat", "-q",
            "--no-pager",
        ]
        guard let outcome = try? host.program("journalctl", arguments)?.run(within: .seconds(10)),
            outcome.status == 0
        else { return false }
        return String(decoding: outcome.output, as: UTF8.self).split(separator: "\n").contains {
            $0.hasPrefix("op=prepare ")
        }
    }

    private static let noDaemon =
        "libvirt's daemon does not run; it looks for hooks when it starts"

    private static let unseenDaemon = Finding.warn(
        .hookSeen,
        "libvirt answers, but the process of its daemon cannot be seen, nor when it started",
        remedy: "run it as root where the daemon runs: sudo virt-watchdog doctor")
}
