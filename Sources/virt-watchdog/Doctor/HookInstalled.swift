import Host
import System

/// The check `hook-installed`: our hook stands where libvirt looks, once.
enum HookInstalled {
    /// Checks what stands on a host.
    static func finding(_ hooks: Hooks, on host: LocalHost) -> Finding {
        let ours = hooks.ours
        let run = ours.filter(\.isRun)
        if run.count > 1 {
            let kept = kept(of: run, on: host)
            let surplus = run.map(\.path).filter { $0 != kept.path }
            return .warn(
                .hookInstalled,
                "it stands there \(run.count) times, so that each guest is treated as often: "
                    + run.map { $0.path.shellWord }.joined(separator: ", "),
                remedy: "keep \(kept.path.shellWord): sudo rm "
                    + surplus.map(\.shellWord).joined(separator: " "))
        }
        if let hook = run.first ?? ours.first {
            return .ok(.hookInstalled, "the hook is \(hook.path.shellWord)")
        }
        if let folder = hooks.closedFolder {
            return .warn(
                .hookInstalled, "\(folder) may not be looked into by this user",
                remedy: LocalHost.readAsRoot)
        }
        if let closed = hooks.files.first(where: { $0.maker == .unknown }) {
            return .warn(
                .hookInstalled,
                "\(closed.path.shellWord) may be the hook, but this user may not read it",
                remedy: LocalHost.readAsRoot)
        }
        let other = hooks.files.first.map {
            "; \($0.path.shellWord) is \($0.status == nil ? "a link to nowhere" : "another hook")"
        }
        return .fail(
            .hookInstalled,
            "there is no hook of ours at \(host.path(Paths.hooks))/qemu or in qemu.d beside it"
                + (other ?? "") + ": guests that start get no watchdog",
            remedy: LocalHost.installAgain)
    }

    /// The one of several that install.sh upgrades.
    private static func kept(of hooks: [HookFile], on host: LocalHost) -> HookFile {
        for name in ["/qemu.d/50-virt-watchdog", "/qemu"] {
            let place = host.path(Paths.hooks + name)
            if let hook = hooks.first(where: { $0.path == place }) { return hook }
        }
        return hooks[0]
    }
}
