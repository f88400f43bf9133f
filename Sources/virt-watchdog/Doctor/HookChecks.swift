// SPDX-License-Identifier: Apache-2.0

import Libvirt

/// The checks of the hook: whether libvirt runs it when a guest starts.
///
/// They also explain why a guest that has just started has no watchdog.
enum HookChecks {
    /// Checks that the hook exists, that libvirt may run it, and that the daemon knows it.
    ///
    /// - Parameter connection: The daemon, or `nil` if it is out of reach.
    static func findings(on host: LocalHost = LocalHost(), connection: Connection?) -> [Finding] {
        let hooks = Hooks(of: host)
        return findings(hooks, daemons: .running(for: connection, on: host), on: host)
    }

    /// Checks known hooks and daemons.
    static func findings(_ hooks: Hooks, daemons: LibvirtDaemons, on host: LocalHost) -> [Finding] {
        [HookInstalled.finding(hooks, on: host)]
            + hooks.ours.flatMap { hook in
                [HookPlace.finding(hook, on: host), HookExecutable.finding(hook)]
            }
            + HookSeen.findings(hooks, daemons: daemons, on: host)
    }
}
