internal import CSupport
internal import Glibc
internal import System

/// Where things are on a host.
package struct Paths: Sendable, Hashable {
    /// The environment variable that names another properties file.
    package static let propertiesVariable = "VIRT_WATCHDOG_PROPERTIES"

    /// The version that every executable reports.
    package static let version = VIRT_WATCHDOG_VERSION

    /// The program of the service, which the hook starts as a one-shot.
    ///
    /// AppArmor's profile of libvirtd lets it start programs in `/usr/bin` and `/usr/sbin` only.
    package static let service = VIRT_WATCHDOG_SBINDIR + "/virt-watchdogd"

    /// The folder that libvirt looks for its hooks in.
    package static let hooks = "/etc/libvirt/hooks"

    /// Where install.sh notes which daemons it has reloaded: a line `PID STARTTICKS` for each.
    package static let reloadRecord = "/run/virt-watchdog/reloaded"

    /// The properties file that somebody asked for, which then is the only one.
    package var chosenProperties: String?

    /// Whether that file counts whoever can change it, since the user of the tool has named it.
    package var trustsChosenProperties = true

    /// The properties files to look for, the first that exists counts.
    package var properties: [String]

    /// Lays out a host.
    ///
    /// - Parameters:
    ///   - root: A folder to take for the root of the host; the host's own is the empty string.
    ///   - chosenProperties: A properties file to use instead of the host's.
    package init(root: String = "", chosenProperties: String? = nil) {
        self.chosenProperties = chosenProperties
        properties = [
            root + "/etc/cloudstack/agent/agent.properties",
            root + "/etc/virt-watchdog/agent.properties",
        ]
    }

    /// Whether the policy may be on another file system than the root's, which may not answer.
    ///
    /// To ask is to touch none but the root's; the C function is `openat2` with `RESOLVE_NO_XDEV`.
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

    /// Lays out this host, with the properties file that the environment names, if any.
    package static func ofEnvironment() -> Paths {
        var paths = Paths(chosenProperties: Environment[propertiesVariable])
        paths.trustsChosenProperties = false
        return paths
    }
}
