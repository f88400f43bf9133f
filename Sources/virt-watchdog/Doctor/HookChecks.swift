import Libvirt
import Protector
import TimerProbe

/// The checks of the hook itself: whether libvirt runs it when a guest starts.
///
/// They explain, too, why a guest that was just started got no watchdog.
enum HookChecks {
    /// Checks that the hook is there, is a file that libvirt may run, and is known to the daemon.
    ///
    /// - Parameter connection: The daemon, where it can be reached.
    static func findings(on host: LocalHost = LocalHost(), connection: Connection?) -> [Finding] {
        let hooks = Hooks(of: host)
        return findings(hooks, daemons: .running(for: connection, on: host), on: host)
    }

    /// The same for hooks and daemons that were looked for already.
    static func findings(_ hooks: Hooks, daemons: LibvirtDaemons, on host: LocalHost) -> [Finding] {
        [HookInstalled.finding(hooks, on: host)]
            + hooks.ours.flatMap { hook in
                [HookPlace.finding(hook, on: host), HookExecutable.finding(hook)]
            }
            + HookSeen.findings(hooks, daemons: daemons, on: host)
    }
}
