// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import System

/// The command `virt-watchdog doctor`: checks everything that guests need to get their watchdog.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that hook, libvirt and policy work together.",
        usage: """
            virt-watchdog doctor [--connect <uri>] [--properties <file>]
                [--verbose] [--quiet] [--json]
            """,
        discussion: """
            Each check prints a line: ok; warn, if guests are still protected or the check is \
            inconclusive; fail, if they are not protected. The next line has the fix. A check \
            whose precondition fails is left out. Changes nothing.

            Exit status: 0 no check fails; 1 a check fails, or libvirt is out of reach.
            """)

    @OptionGroup var daemon: ConnectionOptions
    @OptionGroup var policy: PolicyOptions
    @OptionGroup var output: OutputOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        if output.quiet { Progress.silence() }
        let diagnosis = Progress.during("checking this host") {
            Diagnosis(of: LocalHost(paths: policy.paths), connectingTo: daemon.connect)
        }
        if json {
            try StandardOutput.print(json: diagnosis)
        } else {
            let width = Terminal.width
            let text =
                output.quiet ? diagnosis.faultsText(width: width) : diagnosis.text(width: width)
            if !text.isEmpty { try StandardOutput.print(text) }
        }
        if !diagnosis.isSound { throw ExitCode.notAsWanted }
    }
}
