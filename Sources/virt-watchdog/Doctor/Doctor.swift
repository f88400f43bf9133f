// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import System

/// The command `virt-watchdog doctor`: checks everything that guests need to get their watchdog.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that hook, libvirt and policy work together.",
        discussion: """
            Each check prints a line: ok; warn, if guests are still protected or the check is \
            inconclusive; fail, if they are not protected. The next line has the fix. A check \
            whose precondition fails is left out. Changes nothing.

            Exit status: 0 no check fails; 1 a check fails, or libvirt is out of reach.
            """)

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Connect to this libvirt URI, as in virsh.", valueName: "uri"))
    var connect: String?

    @OptionGroup var policy: PolicyOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let diagnosis = Diagnosis(of: LocalHost(paths: policy.paths), connectingTo: connect)
        if json {
            try StandardOutput.print(json: diagnosis)
        } else {
            try StandardOutput.print(diagnosis.text(width: Terminal.width))
        }
        if !diagnosis.isSound { throw ExitCode.notAsWanted }
    }
}
