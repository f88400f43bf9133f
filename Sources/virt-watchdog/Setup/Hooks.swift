// SPDX-License-Identifier: Apache-2.0

import Host
import System
import SystemPackage

/// The files in the places of QEMU's hooks: `qemu`, then those in `qemu.d`.
struct Hooks {
    /// The files, in the order in which libvirt runs those that can be executed.
    private(set) var files: [HookFile] = []
    /// The names of the directories in `qemu.d`, which libvirt skips.
    private(set) var folders: [String] = []
    /// Whether `qemu` is a directory.
    private(set) var hasFolderAsFile = false
    /// Whether `qemu.d` is another kind of file.
    private(set) var hasFileAsFolder = false
    /// A directory that this user cannot read.
    private(set) var closedFolder: String?

    /// Whether libvirt may run our hook; a file that this user cannot read may be it.
    var mayIncludeOurs: Bool {
        closedFolder != nil || ours.contains(where: \.isRun)
            || files.contains { $0.maker == .unknown }
    }

    /// Looks at a host.
    init(of host: LocalHost) {
        let single = Paths.hooks + "/qemu"
        let many = Paths.hooks + "/qemu.d"
        do throws(Errno) {
            _ = try Stat(host.path(single), followTargetSymlink: false)
            add(single, try? Stat(host.path(single)), on: host)
        } catch .permissionDenied {
            closedFolder = host.path(Paths.hooks)
        } catch {}
        do throws(Errno) {
            for entry in try DirectoryEntry.all(in: host.path(many)) {
                if entry.target?.type == .directory {
                    folders.append(entry.name)
                } else {
                    add("\(many)/\(entry.name)", entry.target, on: host)
                }
            }
        } catch .permissionDenied {
            closedFolder = closedFolder ?? host.path(many)
        } catch {
            hasFileAsFolder = error == .notDirectory
        }
    }

    private mutating func add(_ nominalPath: String, _ status: Stat?, on host: LocalHost) {
        let path = host.path(nominalPath)
        if status?.type == .directory {
            hasFolderAsFile = true
            return
        }
        files.append(
            HookFile(
                path: path, nominalPath: nominalPath,
                maker: status?.type == .regular ? HookFile.Maker(of: path) : .other,
                status: status))
    }

    /// Ours.
    var ours: [HookFile] { files.filter { $0.maker == .us } }
}
