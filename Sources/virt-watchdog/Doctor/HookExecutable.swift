// SPDX-License-Identifier: Apache-2.0

import Host
import System
import SystemPackage

/// The check `hook-executable`: the daemons of the system and of all users can run the hook.
enum HookExecutable {
    /// Checks one of our hooks.
    static func finding(_ hook: HookFile) -> Finding {
        let path = hook.path.shellWord
        let remedy = "sudo chmod 0755 \(path)"
        guard hook.isRun, let status = hook.status else {
            return .fail(
                .hookExecutable, "\(path) is not executable: libvirt skips it silently",
                remedy: remedy)
        }
        if File.forbidsExecution(at: hook.path) {
            return .fail(
                .hookExecutable,
                "\(path) is on a file system that is mounted noexec."
                    + " \(ExecutionFault.Reach.all.effect)",
                remedy: "mount it without noexec, or disable the hook: sudo chmod -x \(path)")
        }
        if let own = ELFFile.Target.ofThisHost, let target = ELFFile.Target(of: hook.path),
            !own.runs(target)
        {
            return .fail(
                .hookExecutable,
                "\(path) is a program for another architecture. \(ExecutionFault.Reach.all.effect)",
                remedy: LocalHost.installAgain)
        }
        if status.permissions.rawValue & 0o111 != 0o111 {
            return .warn(
                .hookExecutable,
                "not all users can execute \(path) (mode \(status.octalMode)):"
                    + " guests of qemu:///session do not start (exit status 126)",
                remedy: remedy)
        }
        return .ok(.hookExecutable, "the libvirt daemons of all users can run \(path)")
    }
}
