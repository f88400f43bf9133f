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
            virt-watchdogd does this when a guest starts; these commands, at any time.

            Exit codes: 0 all is well; 1 something is not, as the output says; 2 it is \
            unknown, or no libvirt; 64 the command line is wrong.
            """,
        version: Paths.version,
        subcommands: [
            Status.self, PlanCommand.self, Apply.self, Remove.self, Verify.self, Doctor.self,
            Config.self, Patch.self,
        ])

    static func main() {
        // Persistent definitions are read with their passwords, to be written with them. A user's own
        // libvirt may have to look into /proc/self, to start its daemon.
        if CurrentProcess.effectiveUser == 0 { CurrentProcess.forbidCoreFile() }
        StandardStreams.reserve()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            leave(because: error)
        }
    }

    /// Leaves as the argument parser does, but with nothing that could steer a terminal: what it says
    /// of a command line quotes it.
    private static func leave(because error: any Error) -> Never {
        let status = exitCode(for: error)
        let message = fullMessage(for: error)
        if status.isSuccess || message.isEmpty { exit(withError: error) }
        StandardError.write(lines: message)
        exit(withError: status)
    }
}

/// The exit codes of the tool, besides 0.
extension ExitCode {
    /// Something is not as it should be, and was printed.
    static let notAsWanted = ExitCode(1)
    /// libvirt cannot be reached.
    static let noConnection = ExitCode(2)
    /// It cannot be told whether all is as it should be.
    static let cannotTell = ExitCode(2)
}
