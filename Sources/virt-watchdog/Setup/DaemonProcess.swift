// SPDX-License-Identifier: Apache-2.0

import Host
import System

/// A daemon of libvirt that holds the lock on its pid file.
///
/// The number in a pid file may be another process's by now; only the lock counts.
struct DaemonProcess {
    /// The process ID.
    let id: Int32
    /// The program.
    let name: String
    /// The pid file.
    let pidFile: String

    /// Finds the daemon that owns the guests of a runtime directory.
    static func holder(in runtimeDirectory: String) -> DaemonProcess? {
        for file in CallingDaemon.pidFiles {
            let path = "\(runtimeDirectory)/\(file)"
            guard let id = FileLock.holder(of: path), let status = ProcessStatus(of: id),
                CallingDaemon.names.contains(status.name)
            else { continue }
            return DaemonProcess(id: id, name: status.name, pidFile: path)
        }
        return nil
    }

    /// The message about a daemon that serves no clients.
    var withoutSocket: String {
        "\(name) (process \(id)) was not reloaded: it holds \(pidFile), but serves no socket;"
            + " restart it"
    }
}
