// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Host

/// `virt-watchdog unsetup`: removes what `setup` has installed.
struct Unsetup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove what setup has installed.",
        usage: """
            virt-watchdog unsetup [--destdir <dir>] [--prefix <dir>]
                [--no-reload] [--no-service] [--dry-run]
            """,
        discussion: """
            Stops the service and removes the hook with all other files that setup has installed. \
            Another hook, an agent.properties that you changed, and the files of packages stay. \
            Running guests keep their watchdog until they are shut off. Warns of guests whose \
            persistent domain XML keeps one.

            Exit status: 0 success; 1 a step failed, as the output says.
            """)

    @OptionGroup(visibility: .private) var unusedDaemon: UnusedConnection<Unsetup>
    @OptionGroup(visibility: .private) var unusedOutput: UnusedOutput<Unsetup>
    @OptionGroup var options: SetupOptions

    func run() throws {
        let installation = options.installation
        var isDone = true
        var lock: SetupLock?
        defer { withExtendedLifetime(lock) {} }
        do throws(SetupError) {
            try installation.checkUser()
            if !options.dryRun { lock = try SetupLock(installation) }
            let path = installation.host.path(installation.manifest)
            guard let list = Manifest(at: path) else { throw .notInstalled(manifest: path) }
            guard !list.isDamaged, list.entries.allSatisfy(installation.owns) else {
                throw .damagedManifest(path)
            }
            // While the tool that removes them is still there.
            if installation.isLive {
                PersistentLeftovers.find().messages.forEach(StandardError.print)
            }
            let unit = ServiceUnit(installation: installation)
            let hasService = !options.noService && list.entry(installation.service) != nil
            if hasService { isDone = try unit.stop() }
            try installation.removeFiles(of: list)
            if !options.noService { unit.forget() }
            // libvirt skips a hook that is gone; a daemon that does not answer is no failure here.
            if !options.noReload { installation.reloadDaemons(isRemoval: true) }
            try installation.removeRunFiles()
        } catch {
            StandardError.print("\(error)")
            throw ExitCode.notAsWanted
        }
        if !isDone { throw ExitCode.notAsWanted }
        installation.print("Guests that run keep their watchdog until they are shut off.")
    }
}
