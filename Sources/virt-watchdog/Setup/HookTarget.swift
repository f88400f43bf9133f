// SPDX-License-Identifier: Apache-2.0

import Host
import Libvirt
import System
import SystemPackage

/// The place of our hook among the hooks of a host.
struct HookTarget: Hashable {
    /// Why the hook does not go to ``single``.
    enum Reason: Hashable {
        /// Another hook has that place.
        case otherHook
        /// CloudStack's agent copies its own hook there at each of its upgrades.
        case cloudStack
    }

    /// The first place that libvirt looks at.
    static let single = Paths.hooks + "/qemu"
    /// The place in the directory that libvirt looks at since ``firstVersionWithFolder``.
    static let shared = Paths.hooks + "/qemu.d/50-virt-watchdog"
    /// The hook's program, to which a package may link instead of copying it.
    static let program =
        FilePath(Paths.service).removingLastComponent().removingLastComponent().string
        + "/bin/virt-watchdog-hook"
    /// Both places; `setup` upgrades the first place with a hook.
    static let all = [shared, single]
    /// The first version of libvirt that runs the hooks in `qemu.d`.
    static let firstVersionWithFolder = Version(6, 5)

    /// The path from the host's root.
    let path: String
    /// Why it is not ``single``; `nil` where it is.
    let reason: Reason?
    /// Whether another file has the place.
    let isTaken: Bool

    /// Chooses the place: that of our present hook, else the first free place.
    init(among hooks: Hooks, on host: LocalHost) {
        let ours = hooks.ours.map(\.nominalPath)
        let single = hooks.files.first { $0.nominalPath == Self.single }
        let isFree = single == nil && !hooks.hasFolderAsFile
        let upgraded = Self.all.first(where: ours.contains)
        let path = upgraded ?? (isFree && !host.hasCloudStackAgent ? Self.single : Self.shared)
        self.path = path
        isTaken = upgraded == nil && host.has(path)
        reason = path == Self.single ? nil : isFree ? .cloudStack : .otherHook
    }

    /// Checks that the place is free, or has our hook.
    func check() throws(SetupError) {
        if isTaken { throw .foreignFile(place: path) }
    }

    /// Checks that a version of libvirt runs a hook in this place.
    func check(against version: Version) throws(SetupError) {
        guard let reason, version < Self.firstVersionWithFolder else { return }
        throw .oldLibvirt(version, reason)
    }
}

extension LocalHost {
    /// Whether CloudStack's agent is installed, as its directories or its hook show.
    ///
    /// `doctor` and `setup` know it by this alone, and install.sh calls `setup`.
    var hasCloudStackAgent: Bool {
        has("/usr/share/cloudstack-agent") || has("/etc/cloudstack/agent")
            || HookFile.Maker(of: path(HookTarget.single)) == .cloudStack
    }

    /// Whether the hook is a symbolic link in `qemu.d` to the hook's program, as packages have it.
    ///
    /// CloudStack's agent would write through a link in the other place.
    func hasLinkedHook(to program: String = HookTarget.program) -> Bool {
        let place = path(HookTarget.shared)
        guard (try? Stat(place, followTargetSymlink: false))?.type == .symbolicLink,
            let real = try? File.realPath(of: place)
        else { return false }
        return real == (try? File.realPath(of: path(program)))
    }
}
