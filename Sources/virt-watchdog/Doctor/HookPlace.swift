// SPDX-License-Identifier: Apache-2.0

import Host
import System
import SystemPackage

/// The check `hook-file`: the hook is a real file that only root can change.
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
                "users other than root can replace \(path): its directory"
                    + " \(parentWays.joined(separator: " and "))",
                remedy: "sudo chown root:root \(parent.shellWord)"
                    + " && sudo chmod 0755 \(parent.shellWord)")
        }
        if let status = hook.status, status.permissions.rawValue & 0o444 != 0o444 {
            return .warn(
                .hookFile,
                "not all users can read \(path) (mode \(status.octalMode)): only root can check whose"
                    + " hook it is",
                remedy: "sudo chmod 0755 \(path)")
        }
        let isLink = (try? Stat(hook.path, followTargetSymlink: false))?.type == .symbolicLink
        let kind = isLink ? "a link to a file" : "a regular file"
        return .ok(.hookFile, "\(path) is \(kind) that only root can change")
    }

    /// Returns a finding if a symbolic link leads to the hook or its directory.
    ///
    /// AppArmor judges a program by its real path.
    private static func linkFinding(_ hook: HookFile, on host: LocalHost) -> Finding? {
        guard let real = try? File.realPath(of: hook.path) else { return nil }
        let root = host.root.isEmpty ? "" : (try? File.realPath(of: host.root)) ?? host.root
        if hook.nominalPath == HookTarget.shared, host.hasLinkedHook() { return nil }
        guard real != root + hook.nominalPath else { return nil }
        let message = "\(hook.path.shellWord) leads to \(real.shellWord)"
        let parent = FilePath(real).removingLastComponent().string
        if SecurityModules.folders.contains(where: { parent == root + $0 })
            || (parent + "/").hasPrefix(root + Paths.hooks + "/")
        {
            return .warn(
                .hookFile, "\(message) through a symbolic link: an upgrade may break it",
                remedy: replacement(of: hook))
        }
        return .fail(
            .hookFile,
            "\(message): with AppArmor, libvirt cannot run it there, and every guest's start fails",
            remedy: replacement(of: hook))
    }

    private static func replacement(of hook: HookFile) -> String {
        "put a real file there: sudo rm \(hook.path.shellWord) && \(LocalHost.installAgain)"
    }
}
