// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Host
import Libvirt
import System
import VerifyGuest
import WatchdogPolicy

/// The command `virt-watchdog verify`: proves on this host that a guest that hangs is reset.
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prove on this host that a guest that hangs is reset.",
        usage: """
            virt-watchdog verify [--connect <uri>] [--machine <pc|q35>]
                [--keep-going] [--verbose] [--quiet] [--json]
            """,
        discussion: """
            Starts a throw-away guest (32 MiB, no disk, no network) that starts its watchdog's \
            timer and hangs, waits until the hypervisor acts, and removes the guest. Needs an x86 \
            host. Run it on the host itself.

            Exit status: 0 it works; 1 it does not, and the failed step has the fix; 2 cannot \
            connect to libvirt.
            """)

    @OptionGroup var daemon: ConnectionOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "The machine to try; by default, both.")
    var machine: VerifyGuest.Machine?

    @Flag(help: "Try the other machine even if one fails.")
    var keepGoing = false

    @Flag(help: "Print JSON.")
    var json = false

    /// Whether to print each step as it ends.
    private var showsSteps: Bool { !json && !output.quiet }

    func run() throws {
        if output.quiet { Progress.silence() }
        InterruptFlag.watch()
        let loop = try EventLoop()
        let connection = try daemon.connection(readOnly: false)
        try checkHost(connection)
        // The hook's policy, regardless of the tool's own properties file.
        let policy = PolicyLoader.load(Paths()).policy
        var outcomes: [VerifyOutcome] = []
        for machine in machine.map({ [$0] }) ?? VerifyGuest.Machine.allCases {
            var outcome = VerifyOutcome(machine: machine.rawValue)
            if showsSteps { try StandardOutput.print(machine.rawValue) }
            let verification = Verification(
                of: machine, on: connection, loop, policy,
                explainAbsence: { Self.explainAbsence(connection) }
            ) { result in
                outcome.steps.append(result)
                if showsSteps || !json && !result.isDone {
                    try? StandardOutput.print(result.text)
                }
            }
            outcome.isProven = verification.run()
            if !verification.isTidy {
                StandardError.print(
                    "cannot remove \(VerifyGuest.name); run virsh destroy \(VerifyGuest.name)"
                )
            }
            outcome.action = verification.action
            outcomes.append(outcome)
            if InterruptFlag.happened || !outcome.isProven && !keepGoing { break }
        }
        try finish(outcomes)
    }

    /// Runs doctor's checks of the hook.
    private static func explainAbsence(_ connection: Connection) -> Verification.Absence {
        let findings = HookChecks.findings(connection: connection)
        let failure = findings.first { $0.level == .fail }
        let finding = failure ?? findings.first { $0.level == .warn }
        return Verification.Absence(
            cause: finding?.message, remedy: finding?.remedy, isCertain: failure != nil)
    }

    private func finish(_ outcomes: [VerifyOutcome]) throws {
        let answer = VerifyAnswer(outcomes)
        if json {
            try StandardOutput.print(json: answer)
        } else {
            try StandardOutput.print(answer.conclusion)
        }
        InterruptFlag.endIfHappened()
        if !answer.isProven { throw ExitCode.notAsWanted }
    }

    /// Exits with the reason if the guest cannot even start.
    private func checkHost(_ connection: Connection) throws {
        let architecture = try connection.architecture()
        guard ["x86_64", "i686"].contains(architecture) else {
            StandardError.print(
                "verify needs an x86 host, and this host is \(quoted(architecture));"
                    + " use virt-watchdog doctor, and virt-watchdog status with a guest of your own"
            )
            throw ExitCode.notAsWanted
        }
        guard connection.isQEMU else {
            StandardError.print(
                "verify needs QEMU's driver, and this connection is to"
                    + " \(quoted(connection.uri ?? "another")); use --connect qemu:///system")
            throw ExitCode.notAsWanted
        }
        guard !connection.isRemote else {
            StandardError.print(
                "verify passes the daemon a file, and this connection is to another host; log in"
                    + " there and run it without --connect")
            throw ExitCode.notAsWanted
        }
    }
}

extension VerifyGuest.Machine: ExpressibleByArgument {}

/// The result on one machine.
struct VerifyOutcome: Encodable {
    var machine: String
    var isProven = false
    @Nullable var action: String? = nil
    var steps: [VerifyStepResult] = []

    private enum CodingKeys: String, CodingKey {
        case machine, action, steps
        case isProven = "ok"
    }
}

/// The output of `verify --json`.
struct VerifyAnswer: Encodable {
    /// Whether each machine passed.
    var isProven: Bool
    /// The last line.
    var conclusion: String
    var machines: [VerifyOutcome]

    init(_ outcomes: [VerifyOutcome]) {
        machines = outcomes
        let isProven = !outcomes.isEmpty && outcomes.allSatisfy(\.isProven)
        let names = outcomes.filter { $0.isProven == isProven }.map(\.machine)
            .joined(separator: " and ")
        self.isProven = isProven
        let effect = outcomes.last?.steps.last?.message ?? ""
        conclusion =
            InterruptFlag.happened
            ? "Interrupted: nothing is proven."
            : isProven
                ? "It works: the watchdog noticed a hung guest, and \(effect) (\(names))."
                : "It does not work on \(names): \(effect)."
    }

    private enum CodingKeys: String, CodingKey {
        case machines, conclusion
        case isProven = "ok"
    }
}

extension VerifyStepResult {
    /// The step as a line, with the fix below it.
    fileprivate var text: String {
        let tenths = Int((seconds * 100).rounded())
        let time = "\(tenths / 100).\(tenths % 100 < 10 ? "0" : "")\(tenths % 100)"
        let padding = String(repeating: " ", count: max(7 - time.count, 0))
        let name = step.rawValue + String(repeating: " ", count: 10 - step.rawValue.count)
        let mark = (isDone ? Style.good : Style.bad).applied(to: isDone ? "ok  " : "FAIL")
        let line = "\(padding)\(time) s  \(mark)  \(name)\(message)"
        return remedy.map { "\(line)\n    -> \($0)" } ?? line
    }
}
