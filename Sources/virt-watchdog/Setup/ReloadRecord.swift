// SPDX-License-Identifier: Apache-2.0

import Host
import System
import SystemPackage

/// The daemons that `setup` has reloaded, a line `PID STARTTICKS` each.
///
/// A daemon does not show from outside that it was reloaded.
enum ReloadRecord {
    /// Returns whether a daemon was reloaded.
    static func contains(_ daemon: LibvirtDaemon, on host: LocalHost) -> Bool {
        (host.text(Paths.reloadRecord) ?? "").split(separator: "\n").contains {
            $0 == line(daemon)
        }
    }

    /// Records a daemon, and no other: a host has one.
    static func write(_ daemon: LibvirtDaemon, on host: LocalHost) throws(SetupError) {
        let path = host.path(Paths.reloadRecord)
        try SetupError.wrapping(path) { () throws(Errno) in
            if !host.has(FilePath(Paths.reloadRecord).removingLastComponent().string) {
                try FileChange.makeDirectory(FilePath(path).removingLastComponent().string)
            }
            try File.replace(path, with: Array("\(line(daemon))\n".utf8))
        }
    }

    private static func line(_ daemon: LibvirtDaemon) -> String {
        "\(daemon.id) \(daemon.startTicks)"
    }
}
