// SPDX-License-Identifier: Apache-2.0

import Libvirt
import System
import SystemPackage

/// The check `libvirt-version`: libvirt runs a hook in that place.
enum LibvirtVersion {
    /// The known versions.
    struct Versions {
        /// libvirt's.
        var libvirt: Version
        /// QEMU's, where libvirt finds one.
        var emulator: Version?
        /// Whether the daemon said so; else it is the version of its library.
        var isDaemons: Bool

        /// Asks the daemon, where it can be reached.
        init(of connection: Connection?) {
            if let connection, let version = try? connection.libvirtVersion() {
                libvirt = version
                emulator = connection.isQEMU ? try? connection.emulatorVersion() : nil
                isDaemons = true
            } else {
                libvirt = Connection.libraryVersion
                isDaemons = false
            }
        }

        /// Names versions.
        init(libvirt: Version, emulator: Version?, isDaemons: Bool = true) {
            (self.libvirt, self.emulator, self.isDaemons) = (libvirt, emulator, isDaemons)
        }
    }

    /// Checks the versions against the place of the hook.
    static func finding(_ versions: Versions, _ hooks: Hooks) -> Finding {
        let hook = hooks.ours.first(where: \.isRun)
        if let hook, hook.isInFolder, versions.libvirt < HookTarget.firstVersionWithFolder {
            let single = FilePath(hook.path).removingLastComponent().removingLastComponent()
                .appending("qemu")
            return .fail(
                .libvirtVersion,
                "libvirt \(versions.libvirt) runs nothing in qemu.d, where the hook is"
                    + " (\(hook.path.shellWord)); 6.5.0 is the first version that does",
                remedy:
                    "upgrade libvirt, or let the hook at \(single.string.shellWord) call ours")
        }
        let emulator = versions.emulator.map { "QEMU \($0)" } ?? "no version of QEMU known"
        return .ok(
            .libvirtVersion,
            versions.isDaemons
                ? "libvirt \(versions.libvirt), \(emulator)"
                : "the library is of libvirt \(versions.libvirt); the daemon cannot be asked")
    }
}
