// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Host
import System

/// The command-line tool.
@main
struct VirtWatchdog: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "virt-watchdog",
        abstract: "Give libvirt guests a watchdog that resets them when they hang.",
        discussion: """
            Exit status: 0 success; 1 a guest or check is not as wanted, as the output says; 2 \
            unknown, or no libvirt; 64 the command line is wrong.
            """,
        version: Paths.version,
        subcommands: [
            Status.self, PlanCommand.self, Apply.self, Remove.self, Verify.self, Doctor.self,
            Config.self, Patch.self, Setup.self, Unsetup.self,
        ])

    static func main() {
        // The persistent domain XML contains passwords. A user's own libvirt may need /proc/self to
        // start its daemon.
        if CurrentProcess.effectiveUser == 0 { CurrentProcess.forbidCoreFile() }
        StandardStreams.reserve()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            leave(because: error)
        }
    }

    /// Exits like the argument parser, but without characters that could control a terminal.
    ///
    /// The parser's messages quote the command line.
    private static func leave(because error: any Error) -> Never {
        let status = exitCode(for: error)
        let message = fullMessage(for: error)
        if status.isSuccess || message.isEmpty { exit(withError: error) }
        StandardError.write(lines: message)
        exit(withError: status)
    }
}

/// The tool's exit statuses besides 0.
extension ExitCode {
    /// A guest or check is wrong, as the output says.
    static let notAsWanted = ExitCode(1)
    /// libvirt is out of reach.
    static let noConnection = ExitCode(2)
    /// `apply` would change a guest.
    static let pending = ExitCode(3)
    /// The state of a guest is unknown.
    static let cannotTell = ExitCode(2)
}
