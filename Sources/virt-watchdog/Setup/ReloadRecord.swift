// SPDX-License-Identifier: Apache-2.0

import Host
import Libvirt
import System
import SystemPackage

/// The daemons that `setup` has reloaded, a line `PID STARTTICKS` each.
///
/// A daemon does not show from outside that it was reloaded.
enum ReloadRecord {
    /// Returns when a daemon was reloaded, since 1970; `nil` if it was not.
    static func time(of daemon: LibvirtDaemon, on host: LocalHost) -> Duration? {
        let isRecorded = (host.text(Paths.reloadRecord) ?? "").split(separator: "\n").contains {
            $0 == line(daemon.id, daemon.startTicks)
        }
        return isRecorded ? (try? Stat(host.path(Paths.reloadRecord)))?.changed : nil
    }

    /// Records a daemon, and no other: a host has one.
    static func write(_ daemon: Daemon, on host: LocalHost) throws(SetupError) {
        let path = host.path(Paths.reloadRecord)
        try SetupError.wrapping(path) { () throws(Errno) in
            if !host.has(FilePath(Paths.reloadRecord).removingLastComponent().string) {
                try FileChange.makeDirectory(FilePath(path).removingLastComponent().string)
            }
            try File.replace(path, with: Array("\(line(daemon.process, daemon.startTicks))\n".utf8))
        }
    }

    private static func line(_ id: Int32, _ startTicks: UInt64) -> String { "\(id) \(startTicks)" }
}
