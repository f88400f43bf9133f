// SPDX-License-Identifier: Apache-2.0

import System

/// The check `hook-seen`: the daemon knows that there is a hook.
///
/// libvirt looks for hooks when its daemon starts and when it is reloaded. If there was one, it looks
/// at the folder anew for each guest; if there was none, it does not look again.
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
        if ReloadRecord.contains(daemon, on: host) {
            return .ok(.hookSeen, "\(name) was reloaded by virt-watchdog setup")
        }
        if let changed = hook.status?.changed, daemon.isReloaded(since: changed, on: host) {
            return .ok(.hookSeen, "\(name) was reloaded after the hook was put there")
        }
        if hasCalled(daemon, on: host) {
            return .ok(
                .hookSeen, "\(name) has called the hook since it started, as the journal shows")
        }
        return .warn(
            .hookSeen,
            "\(name) started before the hook was put there, and calls none if there was none then;"
                + " this cannot be seen from outside",
            remedy: daemon.reload(on: host))
    }

    /// Whether a hook was there, as it is now, when a daemon started.
    ///
    /// The kernel notes a start in ticks, and the daemon takes longer than that to look for hooks.
    private static func isThere(_ hook: HookFile, before daemon: LibvirtDaemon) -> Bool {
        guard let changed = hook.status?.changed else { return false }
        return changed <= daemon.started + .seconds(1) / Clock.ticksPerSecond
    }

    /// Whether the journal has a line of the hook's from `prepare` since the daemon started.
    ///
    /// At other operations, the hook has nothing to say where the service runs.
    private static func hasCalled(_ daemon: LibvirtDaemon, on host: LocalHost) -> Bool {
        let arguments = [
            "-t", SystemLog.tag, "_UID=\(host.administrator)",
            "--since", "@\(daemon.started.components.seconds + 1)", "-n", "1000", "-o", "cat", "-q",
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
