// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Host
import System

/// The command-line tool.
@main
struct VirtWatchdog: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "virt-watchdog",
        // A discussion would make the help higher than a terminal.
        abstract: """
            Give libvirt guests a watchdog that resets them when they hang.
            Exit status: 0 good; 1 not; 2 unknown; 3 pending; 4 no guest; 64 usage error.
            """,
        version: Paths.version,
        subcommands: [
            Status.self, PlanCommand.self, Apply.self, Remove.self, Verify.self, Doctor.self,
            Config.self, Patch.self, Setup.self, Unsetup.self, VersionCommand.self,
        ])

    /// These options may stand before a command. A command with the same group gets their values.
    @OptionGroup var daemon: ConnectionOptions
    @OptionGroup(visibility: .private) var output: OutputOptions

    static func main() {
        // The persistent domain XML contains passwords. A user's own libvirt may need /proc/self to
        // start its daemon.
        if CurrentProcess.effectiveUser == 0 { CurrentProcess.forbidCoreFile() }
        StandardStreams.reserve()
        do {
            let arguments = Array(CommandLine.arguments.dropFirst())
            try CommandWord.check(arguments)
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch {
            leave(because: error)
        }
    }

    /// Prints the help, if the command line is empty.
    func run() throws {
        guard CommandLine.arguments.count > 1 else { throw CleanExit.helpRequest(self) }
        throw ValidationError("Name a command.")
    }

    /// Exits like the argument parser, but without characters that could control a terminal.
    ///
    /// The parser's messages quote the command line.
    private static func leave(because error: any Error) -> Never {
        let status = exitCode(for: error)
        let message = fullMessage(for: error)
        if status.isSuccess || message.isEmpty { exit(withError: error) }
        StandardError.write(lines: Suggestion.filtered(message))
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
    /// libvirt has no guest of a given name. It outranks the others, because the command line is
    /// wrong.
    static let noSuchGuest = ExitCode(4)
}
