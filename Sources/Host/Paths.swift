// SPDX-License-Identifier: Apache-2.0

internal import CSupport
internal import Glibc
internal import System

/// The paths of virt-watchdog's files on a host.
package struct Paths: Sendable, Hashable {
    /// The environment variable that names another properties file.
    package static let propertiesVariable = "VIRT_WATCHDOG_PROPERTIES"

    /// The version that every executable reports.
    package static let version = VIRT_WATCHDOG_VERSION

    /// The program of the service, which the hook starts as a one-shot.
    ///
    /// AppArmor's profile of libvirtd lets it start programs in `/usr/bin` and `/usr/sbin` only.
    package static let service = VIRT_WATCHDOG_SBINDIR + "/virt-watchdogd"

    /// The directory of libvirt's hooks.
    package static let hooks = "/etc/libvirt/hooks"

    /// The file where install.sh records the reloaded daemons, with a line `PID STARTTICKS` for
    /// each.
    package static let reloadRecord = "/run/virt-watchdog/reloaded"

    /// The properties file from an option or the environment, which replaces the host's own.
    package var chosenProperties: String?

    /// Whether the owner and the permissions of that file do not matter.
    package var trustsChosenProperties = true

    /// The host's properties files. The first existing one is effective.
    package var properties: [String]

    /// Makes the paths of a host.
    ///
    /// - Parameters:
    ///   - root: The root directory of the host, or an empty string for this host's own.
    ///   - chosenProperties: A properties file to use instead of the host's.
    package init(root: String = "", chosenProperties: String? = nil) {
        self.chosenProperties = chosenProperties
        properties = [
            root + "/etc/cloudstack/agent/agent.properties",
            root + "/etc/virt-watchdog/agent.properties",
        ]
    }

    /// Whether the policy may be on another file system than the root's, such as a stale NFS mount.
    ///
    /// The check itself stays on the root's file system. The C function is `openat2` with
    /// `RESOLVE_NO_XDEV`.
    package var mayLeaveRoot: Bool {
        (chosenProperties.map { [$0] } ?? properties).contains { path in
            guard path.hasPrefix("/") else { return true }
            let place = virt_watchdog_open_place(path)
            if place >= 0 {
                close(place)
                return false
            }
            return errno != ENOENT
        }
    }

    /// Returns the paths of this host, with the properties file that the environment names.
    package static func ofEnvironment() -> Paths {
        var paths = Paths(chosenProperties: Environment[propertiesVariable])
        paths.trustsChosenProperties = false
        return paths
    }
}
