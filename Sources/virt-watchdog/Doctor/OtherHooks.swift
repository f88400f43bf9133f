// SPDX-License-Identifier: Apache-2.0

import Host
import Libvirt
import System

/// The check `other-hooks`: which hooks libvirt runs besides ours, and in which order.
enum OtherHooks {
    /// Checks the other hooks.
    ///
    /// - Parameters:
    ///   - version: libvirt's version, where it is known.
    ///   - searchPath: The directories in which hooks find programs, as in `PATH`.
    static func findings(
        _ hooks: Hooks, version: Version?,
        searchPath: String = ExecutionFault.usualSearchPath, on host: LocalHost
    ) -> [Finding] {
        if let folder = hooks.closedFolder {
            return [
                .warn(
                    .otherHooks, "this user cannot read \(folder)",
                    remedy: LocalHost.readAsRoot)
            ]
        }
        let runsFolder = version.map { $0 >= HookTarget.firstVersionWithFolder } ?? true
        let run = hooks.files.filter { $0.isRun && (runsFolder || !$0.isInFolder) }
        var findings = [order(run, hooks, on: host)]
        findings += run.filter { $0.maker != .us }.compactMap { hook in
            ExecutionFault.find(hook.path, searchPath: searchPath, on: host)?.finding(hook)
        }
        findings += hooks.files.filter { runsFolder || !$0.isInFolder }.compactMap(absence)
        findings += misplacement(hooks, runsFolder: runsFolder, on: host)
        findings += run.filter { isBackup($0.path) }.map { hook in
            .warn(
                .otherHooks,
                "\(hook.path.shellWord) looks like a backup, but libvirt runs whatever is"
                    + " executable in qemu.d",
                remedy: "sudo rm \(hook.path.shellWord)")
        }
        // The agent overwrites that file at each of its upgrades.
        if hooks.ours.contains(where: { !$0.isInFolder }), host.hasCloudStackAgent {
            let place = (host.path(Paths.hooks + "/qemu")).shellWord
            findings.append(
                .warn(
                    .otherHooks,
                    "\(place) is ours, and the next upgrade of CloudStack's agent puts its own hook"
                        + " in that place",
                    remedy: "sudo rm \(place) && sudo virt-watchdog setup, which then uses qemu.d")
            )
        }
        return findings
    }

    private static func order(_ run: [HookFile], _ hooks: Hooks, on host: LocalHost) -> Finding {
        var parts: [String] = []
        let others = run.filter { $0.maker != .us }
        if others.isEmpty {
            parts.append("libvirt runs no other hook for QEMU guests")
        } else {
            let names = run.map { "\($0.path.shellWord) (\($0.maker.name))" }
            parts.append("libvirt runs " + names.joined(separator: ", then "))
        }
        let skipped = hooks.files.filter { !$0.isRun && $0.status != nil && $0.maker != .us }
        if !skipped.isEmpty {
            let names = skipped.map { $0.path.shellWord }.joined(separator: ", ")
            parts.append("it skips \(names), which cannot be executed")
        }
        if !hooks.folders.isEmpty {
            let names = hooks.folders
                .map { (host.path("\(Paths.hooks)/qemu.d/\($0)")).shellWord }
                .joined(separator: ", ")
            let isDispatched = run.contains { $0.maker == .vfioTools }
            parts.append(
                "it skips the \(hooks.folders.count == 1 ? "folder" : "folders") \(names), whose hooks "
                    + (isDispatched
                        ? "VFIO-Tools' hook runs for one guest each"
                        : "nothing runs, since VFIO-Tools' hook is not there"))
        }
        return .ok(.otherHooks, parts.joined(separator: "; "))
    }

    /// Returns the finding for a dangling symbolic link.
    private static func absence(_ hook: HookFile) -> Finding? {
        guard hook.status == nil else { return nil }
        let path = hook.path.shellWord
        return .fail(
            .otherHooks,
            "\(path) is a dangling symbolic link: libvirt skips it silently, and the hook"
                + " does not run",
            remedy: "put the file where the link leads to, or remove the link: sudo rm \(path)")
    }

    /// Returns the finding for another kind of file in the place of a file or a directory.
    private static func misplacement(
        _ hooks: Hooks, runsFolder: Bool, on host: LocalHost
    ) -> [Finding] {
        var findings: [Finding] = []
        if hooks.hasFolderAsFile {
            let path = host.path(Paths.hooks + "/qemu").shellWord
            findings.append(
                .fail(
                    .otherHooks,
                    "\(path) is a directory: libvirt skips it silently, and runs no hook from there",
                    remedy: "put the hook itself there, or move its files into \(path).d"))
        }
        if hooks.hasFileAsFolder, runsFolder {
            let path = host.path(Paths.hooks + "/qemu.d").shellWord
            findings.append(
                .fail(
                    .otherHooks,
                    "\(path) is no directory: libvirt cannot list it. \(ExecutionFault.Reach.all.effect)",
                    remedy: "remove it: sudo rm \(path)"))
        }
        return findings
    }

    /// Returns whether editors, packages or people use such a name for a backup.
    private static func isBackup(_ path: String) -> Bool {
        let name = path.split(separator: "/").last ?? ""
        return name.hasSuffix("~") || name.hasPrefix("#") && name.hasSuffix("#")
            || backupEndings.contains { name.lowercased().hasSuffix($0) }
    }

    private static let backupEndings = [
        ".bak", ".backup", ".orig", ".old", ".save", ".sav", ".tmp", ".new", ".disabled", ".off",
        ".swp", ".swo", ".swx", ".rej", ".dpkg-old", ".dpkg-new", ".dpkg-dist", ".dpkg-bak",
        ".dpkg-tmp", ".dpkg-remove", ".ucf-old", ".ucf-new", ".ucf-dist", ".rpmsave", ".rpmnew",
        ".rpmorig",
    ]
}

extension ExecutionFault {
    /// The finding on a hook that has the fault.
    fileprivate func finding(_ hook: HookFile) -> Finding {
        let path = hook.path.shellWord
        return .fail(
            .otherHooks, "\(path) cannot run: \(reason). \(reach.effect)",
            remedy: "\(remedy); until then, disable the hook: sudo chmod -x \(path)")
    }
}

extension HookFile.Maker {
    /// The maker's name in the output.
    fileprivate var name: String {
        switch self {
        case .us: "ours"
        case .cloudStack: "CloudStack's"
        case .vfioTools: "VFIO-Tools'"
        case .other: "another program's"
        case .unknown: "not readable"
        }
    }
}
