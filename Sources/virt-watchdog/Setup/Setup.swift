// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Host

/// `virt-watchdog setup`: puts the hook in its place, and makes libvirt see it.
struct Setup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put the hook in place, and have libvirt see it.",
        usage: """
            virt-watchdog setup [--destdir <dir>] [--prefix <dir>] [--from <dir>]
                [--no-reload | --reload-only] [--no-service] [--dry-run]
            """,
        discussion: """
            Installs the hook and a first agent.properties, starts the service, and reloads \
            libvirt's daemon. install.sh and packages call it. Another hook and your \
            agent.properties stay as they are.

            Exit status: 0 success; 1 a step failed, as the output says.
            """)

    @OptionGroup(visibility: .private) var unusedDaemon: UnusedConnection<Setup>
    @OptionGroup(visibility: .private) var unusedOutput: UnusedOutput<Setup>
    @OptionGroup var options: SetupOptions

    @Option(
        help: ArgumentHelp("First copy the files of the tree DIR.", valueName: "dir"),
        completion: .directory)
    var from: String?

    @Flag(help: "Install nothing; only reload libvirt's daemon.")
    var reloadOnly = false

    func validate() throws {
        if reloadOnly, from != nil || options.noReload || options.destdir != nil {
            throw ValidationError(
                "--reload-only cannot be combined with --from, --destdir or --no-reload.")
        }
    }

    func run() throws {
        let installation = options.installation
        var isDone = true
        var lock: SetupLock?
        defer { withExtendedLifetime(lock) {} }
        do throws(SetupError) {
            try installation.checkUser()
            if !options.dryRun { lock = try SetupLock(installation) }
            if reloadOnly {
                try installation.checkHook()
            } else {
                try installation.installFiles(from: from.map(SetupOptions.absolute))
            }
        } catch {
            StandardError.print("\(error)")
            throw ExitCode.notAsWanted
        }
        if !options.noReload { isDone = installation.reloadDaemons() }
        if reloadOnly {
            if !isDone { throw ExitCode.notAsWanted }
            return
        }
        // Last: the hook works without the service.
        if !options.noService {
            do throws(SetupError) {
                try ServiceUnit(installation: installation).start()
            } catch {
                StandardError.print("\(error)")
                isDone = false
            }
        }
        installation.printNextSteps(isDone: isDone)
        if !isDone { throw ExitCode.notAsWanted }
    }
}
