// SPDX-License-Identifier: Apache-2.0

import Host
import System

/// The check `hook-installed`: libvirt finds our hook, and only once.
enum HookInstalled {
    /// Checks the hooks of a host.
    static func finding(_ hooks: Hooks, on host: LocalHost) -> Finding {
        let ours = hooks.ours
        let run = ours.filter(\.isRun)
        if run.count > 1 {
            let kept = kept(of: run)
            let surplus = run.map(\.path).filter { $0 != kept.path }
            return .warn(
                .hookInstalled,
                "libvirt runs it \(run.count) times for each guest: "
                    + run.map { $0.path.shellWord }.joined(separator: ", "),
                remedy: "keep \(kept.path.shellWord): sudo rm "
                    + surplus.map(\.shellWord).joined(separator: " "))
        }
        if let hook = run.first ?? ours.first {
            return .ok(.hookInstalled, "the hook is \(hook.path.shellWord)")
        }
        if let folder = hooks.closedFolder {
            return .warn(
                .hookInstalled, "this user cannot read \(folder)",
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
            "our hook is not at \(host.path(Paths.hooks))/qemu or in qemu.d"
                + (other ?? "") + ": starting guests get no watchdog",
            remedy: LocalHost.installAgain)
    }

    /// Returns the hook that `setup` upgrades, if there are several.
    private static func kept(of hooks: [HookFile]) -> HookFile {
        for place in HookTarget.all {
            if let hook = hooks.first(where: { $0.nominalPath == place }) { return hook }
        }
        return hooks[0]
    }
}
