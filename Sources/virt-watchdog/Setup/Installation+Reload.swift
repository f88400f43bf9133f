// SPDX-License-Identifier: Apache-2.0

import Host
import Libvirt
import System
import SystemPackage

extension Installation {
    /// Has libvirt's daemon look for hooks again, and records that; prints what a user's own daemon needs.
    ///
    /// - Parameters:
    ///   - isRemoval: Whether the hook is gone: an idle daemon stays idle, and nothing is recorded.
    ///   - reload: Does it.
    /// - Returns: Whether each daemon that may run the hook has looked for it.
    @discardableResult
    func reloadDaemons(isRemoval: Bool = false, by reload: DaemonReload? = nil) -> Bool {
        guard isLive else { return true }
        for daemon in LibvirtDaemon.ofOtherUsers(on: host) {
            print(
                "\(daemon.name) (process \(daemon.id)) is the user \(daemon.owner)'s own: it looks for"
                    + " hooks again after kill -HUP \(daemon.id), or when it next starts")
        }
        let proof = "    To prove that a hung guest is reset, run virt-watchdog verify."
        let outcome = (reload ?? DaemonReload(installation: self)).run(wakesIdle: !isRemoval)
        switch outcome {
        case .noDaemon:
            if !isRemoval {
                print("No libvirt daemon runs; it looks for hooks when it starts.")
            }
        case .started(let daemon):
            print("    \(daemon.name) (process \(daemon.process)) started with the hook in place")
            print(proof)
        case .reloaded(let daemon):
            guard !isRemoval, !dryRun else { break }
            print(proof)
            // A file that cannot be executed is no hook.
            guard (try? checkHook()) != nil else { break }
            do throws(SetupError) {
                try ReloadRecord.write(daemon, on: host)
            } catch {
                StandardError.print(
                    "\(error); virt-watchdog doctor cannot see that \(daemon.name) was"
                        + " reloaded")
            }
        case .failed(let message):
            StandardError.print(message)
            return false
        }
        return true
    }

    /// Removes the files of this boot: the service's, and the record of the reload.
    func removeRunFiles() throws(SetupError) {
        guard isLive else { return }
        for path in [
            FilePath(Paths.reloadRecord).removingLastComponent().string, ServiceFile.directory,
        ]
        where host.has(path) {
            try change(path) { path throws(Errno) in try FileChange.removeTree(path) }
        }
    }
}
