// SPDX-License-Identifier: Apache-2.0

import Host
import System
import SystemPackage

/// The check `protector`: the program that the hook starts exists, and only root can change it.
enum ProtectorFile {
    /// Checks the program on a host.
    static func finding(on host: LocalHost) -> Finding {
        let path = host.path(Paths.service)
        let name = path.shellWord
        let status: Stat
        do throws(Errno) {
            status = try Stat(path)
        } catch {
            return .fail(
                .protector,
                "the hook cannot start \(name), which gives guests their watchdog: \(error)",
                remedy: LocalHost.installAgain)
        }
        guard status.type == .regular, status.permissions.rawValue & 0o111 == 0o111,
            !File.forbidsExecution(at: path)
        else {
            return .fail(
                .protector,
                "the hook cannot start \(name), which gives guests their watchdog: not all users can"
                    + " execute it (mode \(status.octalMode))",
                remedy: LocalHost.installAgain)
        }
        let ways = status.exposure(trusting: [host.administrator])
        guard ways.isEmpty else {
            return .fail(
                .protector,
                "\(name) \(ways.joined(separator: " and ")), and the hook runs it as root",
                remedy: "sudo chown root:root \(name) && sudo chmod 0755 \(name)")
        }
        return .ok(.protector, "the hook can start \(name)")
    }
}
