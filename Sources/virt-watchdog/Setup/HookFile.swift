// SPDX-License-Identifier: Apache-2.0

import Host
import System
import SystemPackage
import WatchdogPolicy

/// A file in a place where libvirt looks for QEMU's hooks.
struct HookFile {
    /// The maker of a hook.
    enum Maker: Hashable {
        /// virt-watchdog.
        case us
        /// CloudStack's agent.
        case cloudStack
        /// VFIO-Tools: it runs the scripts of a guest in its directory.
        case vfioTools
        /// Another program, or a person.
        case other
        /// Unknown: this user cannot read the file.
        case unknown
    }

    /// The path.
    var path: String
    /// The path as it is on the host itself, from its root.
    var nominalPath: String
    /// The maker.
    var maker: Maker
    /// The status of the target; `nil` for a dangling link.
    var status: Stat?

    /// Whether libvirt runs it: a regular file, or a link to one, that any user may execute.
    var isRun: Bool {
        guard let status else { return false }
        return status.type == .regular
            && !status.permissions.isDisjoint(with: [.ownerExecute, .groupExecute, .otherExecute])
    }
}

extension HookFile {
    /// Whether it is in `qemu.d`, in which older versions of libvirt do not look.
    var isInFolder: Bool { nominalPath.hasPrefix(Paths.hooks + "/qemu.d/") }
}

extension HookFile.Maker {
    /// The longest hook that is read, in bytes.
    static let maximumLength = 64 << 20

    /// Recognises the maker of a hook by its contents.
    init(of path: String) {
        do throws(Errno) {
            self.init(of: try File.readRegular(path, limit: Self.maximumLength) ?? [])
        } catch .permissionDenied {
            self = .unknown
        } catch {
            self = .other
        }
    }

    private init(of bytes: [UInt8]) {
        // A program with our XML namespace in it. A script may mention that.
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
