import ArgumentParser

/// The command `virt-watchdog doctor`: checks everything that guests need to get their watchdog.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that hook, libvirt and policy work together.",
        discussion: """
            Each check is a line: ok; warn, where guests are protected all the same or it cannot be \
            told; fail, where they are not. What to do about it follows on a line of its own. A \
            check that depends on what another one misses is left out. Nothing is changed.

            Exit codes: 0 no check fails, warnings apart; 1 a check fails, also where libvirt cannot \
            be reached.
            """)

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The libvirt URI to connect to, as in virsh.", valueName: "uri"))
    var connect: String?

    @OptionGroup var policy: PolicyOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let diagnosis = Diagnosis(of: LocalHost(paths: policy.paths), connectingTo: connect)
        if json {
            try StandardOutput.print(json: diagnosis)
        } else {
            try StandardOutput.print(diagnosis.text)
        }
        if !diagnosis.isSound { throw ExitCode.notAsWanted }
    }
}
