// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The command `virt-watchdog version`: shows the versions of all programs that work together.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Show the versions of all programs involved.",
        discussion: """
            Runs the hook and the service's program with --version, if only root can change them. \
            Waits at most 10 seconds for each answer of libvirt.

            Exit status: 0 tool, hook and service match, or are missing; 1 they differ.
            """)

    @OptionGroup var daemon: ConnectionOptions
    @OptionGroup(visibility: .private) var output: OutputOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        if output.quiet { Progress.silence() }
        let answer = Progress.during("asking for versions") {
            VersionAnswer(of: LocalHost(), DaemonVersions(at: daemon.connect))
        }
        if json {
            try StandardOutput.print(json: answer)
        } else {
            try StandardOutput.print(answer.text)
        }
        if !answer.mismatches.isEmpty { throw ExitCode.notAsWanted }
    }
}
