// SPDX-License-Identifier: Apache-2.0

import Host
import Libvirt
import System
import SystemPackage

/// Why `setup` or `unsetup` does not go on.
enum SetupError: Error {
    /// The user is not root.
    case notRoot
    /// This version of libvirt runs one hook only, which is another one.
    case oldLibvirt(Version, HookTarget.Reason)
    /// A security module would keep libvirt from running the hook.
    case securityModule(Finding)
    /// A file of the programs is missing.
    case missing(String)
    /// The hook does not run.
    case brokenHook(place: String, reason: String)
    /// No hook of ours can be executed.
    case noHook
    /// Another file has the hook's place.
    case foreignFile(place: String)
    /// A file of the programs is not a regular file.
    case notRegular(String)
    /// A symbolic link leads out of the tree.
    case linkOutside(path: String, target: String)
    /// The manifest has a line that `setup` does not write.
    case damagedManifest(String)
    /// Another `setup` or `unsetup` does not end.
    case locked(seconds: Int)
    /// There is no manifest.
    case notInstalled(manifest: String)
    /// A file cannot be written, read or removed.
    case system(path: String, Errno)
    /// The service cannot be started.
    case serviceNotStarted
    /// The service cannot be stopped.
    case serviceNotStopped
    /// A process of the service does not end.
    case processNotEnded(Int32)

    /// Names the path of an error of the system.
    static func wrapping<Value: ~Copyable>(
        _ path: String, _ body: () throws(Errno) -> Value
    ) throws(SetupError) -> Value {
        do throws(Errno) { return try body() } catch { throw .system(path: path, error) }
    }
}

extension SetupError: CustomStringConvertible {
    /// The fact, its cause and a fix.
    var description: String {
        switch self {
        case .notRoot:
            "cannot change this host: it needs root; run it with sudo"
        case .oldLibvirt(let version, let reason):
            "\(reason.fact), and libvirt \(version) runs one hook only: 6.5.0 and later run all in"
                + " \(Paths.hooks)/qemu.d; upgrade libvirt, or let that hook call ours"
        case .securityModule(let finding):
            finding.message + (finding.remedy.map { "; \($0)" } ?? "")
        case .missing(let path):
            "cannot find \(path.shellWord): virt-watchdog is not installed there; install it, or name its"
                + " place with --prefix"
        case .brokenHook(let place, let reason):
            "the hook does not run here: \(reason); nothing was changed at \(place)"
        case .noHook:
            "no hook of virt-watchdog can be executed in \(Paths.hooks): nothing was reloaded; run"
                + " virt-watchdog setup"
        case .foreignFile(let place):
            "\(place) is not virt-watchdog's hook: nothing was changed; rename or remove that file, then"
                + " run virt-watchdog setup again"
        case .notRegular(let path):
            "\(path.shellWord) is not a regular file: nothing was changed; remove it from the tree"
        case .linkOutside(let path, let target):
            "\(path.shellWord) leads out of the tree, to \(target.shellWord); make the symbolic link"
                + " relative, or use the real path with --destdir"
        case .damagedManifest(let manifest):
            "\(manifest.shellWord) is damaged: nothing was removed; run ./install.sh or virt-watchdog"
                + " setup again, then virt-watchdog unsetup"
        case .locked(let seconds):
            "another virt-watchdog setup or unsetup has been at work for \(seconds) seconds: nothing was"
                + " changed; wait until it has ended, then run this again"
        case .notInstalled(let manifest):
            "nothing is installed there: \(manifest.shellWord) does not exist"
        case .system(let path, let error):
            "cannot change \(path.shellWord): \(error)"
        case .serviceNotStarted:
            "virt-watchdogd does not start: see journalctl -u virt-watchdogd; the hook works without it"
        case .serviceNotStopped:
            "virt-watchdogd does not stop: nothing was removed; see systemctl status virt-watchdogd"
        case .processNotEnded(let process):
            "process \(process) does not end: nothing was removed; kill -9 \(process)"
        }
    }
}

extension HookTarget.Reason {
    fileprivate var fact: String {
        let place = HookTarget.single
        return switch self {
        case .otherHook: "another hook stands at \(place)"
        case .cloudStack: "CloudStack's agent puts its own hook at \(place)"
        }
    }
}
