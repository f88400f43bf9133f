// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// One cell of the matrix: a call under a fault.
struct FaultCell {
    private let call: HookCall
    private let fault: Fault
    private let expected: Expectation
    private let input: Data

    init(_ call: HookCall, _ fault: Fault) {
        self.call = call
        self.fault = fault
        expected = Expectation(of: call, under: fault)
        input = call.reads ? fault.input(call.guest.data) : call.guest.data
    }

    /// How long the hook may live.
    private static let limit: Duration = .seconds(2.5)

    /// Runs the hook and returns its deviations.
    ///
    /// A hook that is late on a busy machine gets a second chance.
    func complaints() throws -> [String] {
        let complaints = try complaintsOfOneRun()
        return complaints.contains { $0.hasPrefix("late") } ? try complaintsOfOneRun() : complaints
    }

    private func complaintsOfOneRun() throws -> [String] {
        var host = try Host(properties: HookCall.policy, protector: fault.protector)
        try fault.arrange(&host)
        let run = try run(on: host)
        if let protector = run.protector,
            case .reporting(then: "exec sleep 60", _) = fault.protector
        {
            kill(pid_t(protector.id), SIGKILL)
        }
        let isAlone = RunningCommand.wait(within: .seconds(2)) { host.survivors.isEmpty }
        return complaints(about: run, on: host)
            + (isAlone ? [] : ["a process is left: \(host.survivors)"])
    }

    private func run(on host: Host) throws -> Host.Run {
        let hook = try host.start([], moreArguments: fault.arguments(call))
        var closesInput = true
        switch fault.event {
        case .inputEnds: hook.write(input)
        case .inputStays(let part):
            hook.write(input.prefix(Int(Double(input.count) * part)))
            closesInput = false
        case .signal(let number, let moment):
            switch moment {
            case .beforeInput: break
            case .amidInput: hook.write(input.prefix(input.count / 2))
            case .afterInput: hook.write(input)
            case .amidPolicy, .amidOutput:
                hook.write(input)
                // Its end wakes the hook, which from then on waits for something else.
                hook.closeInput()
            }
            _ = Host.waitUntilWaiting(hook)
            hook.send(signal: number)
            closesInput = false
        }
        return try host.end(
            of: hook, closesInput: closesInput, logLines: expected.lines?.count ?? 0)
    }

    private func complaints(about run: Host.Run, on host: Host) -> [String] {
        var found: [String] = []
        func complain(_ complaint: String, if isTrue: Bool) {
            if isTrue { found.append(complaint) }
        }

        complain("late: \(run.lifetime)", if: run.lifetime > Self.limit)
        complain("exit status \(run.status)", if: !expected.statuses.contains(run.status))
        complain("leaks into \(run.leaks)", if: !run.leaks.isEmpty)
        complain("children \(run.children)", if: !run.children.isEmpty)
        if let descriptors = run.protector?.descriptors {
            complain(
                "the one-shot holds \(descriptors)",
                if: !ProtectorReport.isOfOneShot(descriptors))
        }
        complain("standard error: \(run.error)", if: !expected.complains && !run.error.isEmpty)

        // Whole or not at all, whatever else.
        let isWhole = !run.output.isEmpty && isPatched(run.output)
        complain("printed a part: \(run.output)", if: !run.output.isEmpty && !isWhole)
        if let prints = expected.prints { complain("prints: \(isWhole)", if: prints != isWhole) }
        if let protects = expected.protects {
            complain("protects: \(!protects)", if: protects != (run.protector != nil))
        }
        if let lines = expected.lines { found += complaints(about: run.log, lines, host) }
        return found
    }

    /// Whether a definition is the input with the plan's change.
    private func isPatched(_ output: Data) -> Bool {
        XMLTree(output) == XMLTree(input)?.settingActions(to: "reset")
    }

    private func complaints(
        about log: [String], _ expected: [Expectation.Line], _ host: Host
    ) -> [String] {
        let file = host.chosenProperties ?? "/agent.properties"
        let isAsExpected =
            log.count == expected.count
            && zip(log, expected).allSatisfy { text, expected in
                guard let line = LogLineFields(text) else { return false }
                return line.operation == call.name && line.plan == expected.plan
                    && line.result == expected.result
                    && (expected.reason.isEmpty || line.reason.contains(expected.reason))
                    && (!expected.namesFile || line.reason.contains(file))
                    && (!expected.isError || line.priority == 11)
            }
        return isAsExpected ? [] : ["log: \(log)", "instead of: \(expected)"]
    }
}
