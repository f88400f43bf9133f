import Host
import System
import SystemPackage
import WatchdogPolicy

/// A file that stands where libvirt looks for a hook for QEMU guests.
struct HookFile {
    /// Who made a hook.
    enum Maker: Hashable {
        /// We did.
        case us
        /// CloudStack's agent brought it.
        case cloudStack
        /// It hands each guest to the scripts in its folder, as the one of VFIO-Tools does.
        case vfioTools
        /// Somebody.
        case other
        /// It cannot be read.
        case unknown
    }

    /// The path.
    var path: String
    /// The path as it is on the host itself, from its root.
    var nominalPath: String
    /// Who made it.
    var maker: Maker
    /// What the path leads to, or nothing where it is a link to nowhere.
    var status: Stat?

    /// Whether libvirt runs it: a regular file, or a link to one, that anybody may execute.
    var isRun: Bool {
        guard let status else { return false }
        return status.type == .regular && status.permissions.rawValue & 0o111 != 0
    }
}

/// What stands where libvirt looks for hooks for QEMU guests: `qemu`, then what is in `qemu.d`.
struct Hooks {
    /// The files, in the order in which libvirt runs those that can be executed.
    private(set) var files: [HookFile] = []
    /// The names of the folders in `qemu.d`, which libvirt skips.
    private(set) var folders: [String] = []
    /// Whether a folder stands where libvirt looks for the file `qemu`.
    private(set) var hasFolderAsFile = false
    /// Whether something else stands where libvirt looks for the folder `qemu.d`.
    private(set) var hasFileAsFolder = false
    /// A folder that this user may not look into.
    private(set) var closedFolder: String?

    /// Whether libvirt may run ours: what this user cannot look at may be it.
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

extension HookFile.Maker {
    /// The longest hook that is read, in bytes.
    static let maximumLength = 64 << 20

    /// Recognises the maker of a hook by its contents.
    fileprivate init(of path: String) {
        do throws(Errno) {
            self.init(of: try File.readRegular(path, limit: Self.maximumLength) ?? [])
        } catch .permissionDenied {
            self = .unknown
        } catch {
            self = .other
        }
    }

    private init(of bytes: [UInt8]) {
        // As install.sh has it: a program with our XML namespace in it. A script may mention that.
        if bytes.starts(with: ELFFile.magic) {
            self = bytes.contains(GuestPolicy.namespace) ? .us : .other
            return
        }
        guard bytes.starts(with: "#!".utf8) else {
            self = .other
            return
        }
        if bytes.contains("cloudutils") || bytes.contains("cloudVirBr") {
            self = .cloudStack
            return
        }
        // `qemu.d/$GUEST_NAME` or `$0.d/$1`, however it is quoted.
        let bare = bytes.filter { !"\"'{".utf8.contains($0) }
        self = bare.contains("qemu.d/$") || bare.contains("$0.d/$") ? .vfioTools : .other
    }
}

extension [UInt8] {
    /// Whether a text stands somewhere in the bytes.
    fileprivate func contains(_ text: String) -> Bool {
        let wanted = Array(text.utf8)
        guard let first = wanted.first else { return true }
        return withUnsafeBytes { bytes in
            var start = 0
            while let found = bytes[start...].firstIndex(of: first) {
                let rest = bytes[found...]
                if rest.count < wanted.count { return false }
                if rest.starts(with: wanted) { return true }
                start = found + 1
            }
            return false
        }
    }
}
