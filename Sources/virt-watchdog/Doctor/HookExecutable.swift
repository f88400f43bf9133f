import Host
import System
import SystemPackage

/// The check `hook-executable`: libvirt's daemon, and every user's own, can run the hook.
enum HookExecutable {
    /// Checks one of our hooks.
    static func finding(_ hook: HookFile) -> Finding {
        let path = hook.path.shellWord
        let remedy = "sudo chmod 0755 \(path)"
        guard hook.isRun, let status = hook.status else {
            return .fail(
                .hookExecutable, "\(path) is not executable, so that libvirt skips it silently",
                remedy: remedy)
        }
        if File.forbidsExecution(at: hook.path) {
            return .fail(
                .hookExecutable,
                "\(path) is on a file system that is mounted noexec."
                    + " \(ExecutionFault.Reach.all.effect)",
                remedy: "mount it without noexec, or take the hook away: sudo chmod -x \(path)")
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
                "\(path) is not executable for everybody (mode \(status.octalMode)):"
                    + " guests of qemu:///session do not start (exit status 126)",
                remedy: remedy)
        }
        return .ok(.hookExecutable, "\(path) can be run by everybody's libvirt")
    }
}
