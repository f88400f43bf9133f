// SPDX-License-Identifier: Apache-2.0

import Host
import System
import SystemPackage

/// The host to check.
struct LocalHost {
    /// The host's root directory. It is empty for this host.
    var root = ""
    /// The paths of the policy.
    var paths = Paths.ofEnvironment()
    /// The ID of the user who runs the tool.
    var user = CurrentProcess.effectiveUser
    /// The ID of the owner of libvirt's programs.
    var administrator: UInt32 = 0
    /// The path of the tool that runs.
    var tool = try? File.realPath(of: "/proc/self/exe")
    /// When the host started, since 1970.
    var bootTime = Clock.bootTime

    /// Returns the path of a file below the host's root.
    func path(_ path: String) -> String { root + path }

    /// Returns whether a file of any kind exists.
    func has(_ path: String) -> Bool {
        (try? Stat(self.path(path), followTargetSymlink: false)) != nil
    }

    /// Returns the text of a small system file, or `nil` if it is unreadable.
    func text(_ path: String) -> String? {
        guard let bytes = try? File.readRegular(self.path(path), limit: 1 << 20) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether systemd runs the services.
    var hasSystemd: Bool { has("/run/systemd/system") }

    /// Returns a program of the host from the standard directories.
    func program(_ name: String, _ arguments: [String]) -> Program? {
        for directory in ["/usr/bin/", "/bin/"] where has(directory + name) {
            return Program(path(directory + name), arguments)
        }
        return nil
    }

    /// The remedy for a file that this user may not read.
    static let readAsRoot = "run it as root: sudo virt-watchdog doctor"

    /// The remedy for an incomplete installation.
    static let installAgain = "sudo ./install.sh"
}
