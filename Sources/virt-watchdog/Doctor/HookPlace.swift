import Host
import System
import SystemPackage

/// The check `hook-file`: the hook is a real file that nobody but root can change.
enum HookPlace {
    /// Checks one of our hooks.
    static func finding(_ hook: HookFile, on host: LocalHost) -> Finding {
        let path = hook.path.shellWord
        if let finding = linkFinding(hook, on: host) { return finding }
        let ways = hook.status?.exposure(trusting: [host.administrator]) ?? []
        if !ways.isEmpty {
            return .fail(
                .hookFile,
                "\(path) \(ways.joined(separator: " and ")), and libvirt runs it as root",
                remedy: "sudo chown root:root \(path) && sudo chmod 0755 \(path)")
        }
        let parent = FilePath(hook.path).removingLastComponent().string
        let parentWays =
            (try? Stat(parent))?.folderExposure(trusting: [host.administrator]) ?? []
        if !parentWays.isEmpty {
            return .fail(
                .hookFile,
                "\(path) can be replaced by others than root: its folder"
                    + " \(parentWays.joined(separator: " and "))",
                remedy: "sudo chown root:root \(parent.shellWord)"
                    + " && sudo chmod 0755 \(parent.shellWord)")
        }
        if let status = hook.status, status.permissions.rawValue & 0o444 != 0o444 {
            return .warn(
                .hookFile,
                "\(path) cannot be read by everybody (mode \(status.octalMode)), so that only root"
                    + " can tell whose hook it is",
                remedy: "sudo chmod 0755 \(path)")
        }
        return .ok(.hookFile, "\(path) is a regular file that only root can change")
    }

    /// What is wrong with a hook that is reached through a symbolic link, its own or its folder's.
    ///
    /// AppArmor judges a program by where it really is.
    private static func linkFinding(_ hook: HookFile, on host: LocalHost) -> Finding? {
        guard let real = try? File.realPath(of: hook.path) else { return nil }
        let root = host.root.isEmpty ? "" : (try? File.realPath(of: host.root)) ?? host.root
        guard real != root + hook.nominalPath else { return nil }
        let message = "\(hook.path.shellWord) is really \(real.shellWord)"
        let parent = FilePath(real).removingLastComponent().string
        if SecurityModules.folders.contains(where: { parent == root + $0 })
            || (parent + "/").hasPrefix(root + Paths.hooks + "/")
        {
            return .warn(
                .hookFile, "\(message), behind a symbolic link that an upgrade may break",
                remedy: replacement(of: hook))
        }
        return .fail(
            .hookFile,
            "\(message), where AppArmor lets libvirt run no program: every guest's start fails there",
            remedy: replacement(of: hook))
    }

    private static func replacement(of hook: HookFile) -> String {
        "put a real file there: sudo rm \(hook.path.shellWord) && \(LocalHost.installAgain)"
    }
}
