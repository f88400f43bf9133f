// SPDX-License-Identifier: Apache-2.0

// libvirt's hook for QEMU guests: https://libvirt.org/hooks.html.
//
// libvirt calls it with `GUEST OPERATION SUB-OPERATION EXTRA`, and the domain XML on standard
// input. `HookOperation.table` has a row for each operation. For any other operation, the hook
// prints nothing and exits 0.
//
// The hook must not call libvirt, which holds the guest's lock while the hook runs. The service
// treats the running guest. Without a service, the hook starts a one-shot.

import DomainXML
import Glibc
import Host
import System
import SystemPackage
import WatchdogPolicy

@main
enum Hook {
    static func main() {
        // libvirt's calls have more arguments.
        if PreInit.argument(1) == "--version", PreInit.argument(2) == nil {
            try? FileDescriptor.standardOutput.writeFully(Array(LinkageReport.own.text.utf8))
            _exit(0)
        }
        guard let name = PreInit.argument(2), let subOperation = PreInit.argument(3),
            let operation = HookOperation(name, subOperation), operation.readsDefinition,
            let guest = PreInit.argument(1)
        else { _exit(0) }
        // In a release build, PreInit has installed it already.
        SignalGuard.install(leavingAfter: PreInit.timeout)
        // PreInit has checked only the parent process.
        if operation.needsTreatment, CallingDaemon.isServed(CallingDaemon.process()) { _exit(0) }
        let ended = LogLine(
            operation: operation.name, guest: guest,
            failure:
                "hook ended by signal \(SignalGuard.placeholder) (\(SIGALRM) = its \(PreInit.timeout) s timeout);"
                + " the guest continues without it")
        SignalGuard.setMessage(ended.text)
        do {
            try run(operation)
        } catch {
            // libxml2's message may quote the document, which may hold a password.
            let reason = (error as? DocumentError)?.descriptionWithoutContent ?? "\(error)"
            let line = LogLine(operation: operation.name, guest: guest, failure: reason)
            SystemLog.send(line.text, severity: .error)
            _exit(0)
        }
    }

    /// Carries out an operation and exits, without a clean-up that takes time and may fail.
    private static func run(_ operation: HookOperation) throws -> Never {
        let input = try FileDescriptor.standardInput.readToEnd(limit: Document.maximumLength)
        // Where the limit leaves no other, this one serves for the policy and the log.
        close(STDIN_FILENO)
        var document = try Document(parsing: input.span.bytes)
        var facts = document.facts
        let paths = Paths.ofEnvironment()
        // Starting the deadline is slow, and only another file system needs it.
        if paths.mayLeaveRoot { SignalGuard.startHardDeadline() }
        let report = PolicyLoader.load(paths)
        let policy = report.policy
        var plan =
            operation.output == .changedAction
            ? Plan(filtering: facts, under: policy) : Plan(for: facts, under: policy)
        // Searching the emulator is slow, and only a refusal needs it.
        if operation.mayRefuse, policy.enforce, let model = plan.addedModel,
            let emulator = facts.emulator,
            EmulatorFile(at: emulator)?.includes(model.rawValue) == false
        {
            facts.missingModels = [model]
            plan = Plan(for: facts, under: policy)
        }
        let hasRecord = facts.actionOverride != nil
        var outcome = HookOutcome(of: operation, for: plan, under: policy, hasRecord: hasRecord)
        if outcome.needsProtector, !CallingDaemon.isServed(CallingDaemon.process()),
            let failure = OneShotProgram.check()
        {
            outcome.refuse("virt-watchdogd cannot run: \(failure)")
        }

        if outcome.printsDefinition {
            // libvirt ignores the output at prepare, so the device needs no address.
            document.apply(plan, isPlacing: false)
            try FileDescriptor.standardOutput.writeAtOnce(try document.serialized())
        }
        let line = LogLine(
            operation: operation.name, guest: facts.name, uuid: facts.uuid, plan: plan,
            result: outcome.refusal == nil ? nil : "refused",
            reason: clauses([outcome.refusal ?? plan.reason] + report.remarks))
        // A later signal must not contradict the logged refusal.
        if outcome.refusal != nil { SignalGuard.setExitStatus(1) }
        SystemLog.send(
            line.text, severity: outcome.refusal == nil ? SystemLog.Severity(of: plan) : .error)
        if let refusal = outcome.refusal {
            let message =
                "virt-watchdog: cannot start \(facts.name.isEmpty ? "the guest" : quoted(facts.name))"
                + " under vm.watchdog.enforce=true: \(refusal)\n"
            try? FileDescriptor.standardError.writeFully(Array(message.utf8))
            _exit(1)
        }
        if outcome.startsOneShot {
            // libvirt waits until all processes have closed them, also a child.
            close(STDOUT_FILENO)
            close(STDERR_FILENO)
            startOneShot(for: facts) { failure in
                let line = LogLine(
                    operation: operation.name, guest: facts.name, uuid: facts.uuid, failure: failure
                )
                SystemLog.send(line.text, severity: .error)
            }
        }
        SignalGuard.setExitStatus(0)
        _exit(0)
    }

    /// Starts a one-shot for the guest.
    ///
    /// - Parameter complain: Logs a failure, in this process or in the child that watches the
    ///   one-shot.
    private static func startOneShot(
        for facts: GuestFacts, orElse complain: (String) -> Void
    ) {
        guard let uuid = facts.uuid.flatMap(GuestUUID.init) else {
            complain(
                "cannot start \(Paths.service): the domain XML has no valid UUID; define the guest with libvirt"
            )
            return
        }
        do throws(Errno) {
            let oneShot = OneShotProgram(uuid: uuid.text, daemon: CallingDaemon.process())
            try oneShot.program.startDetached { ending in
                guard let failure = OneShotProgram.failure(of: ending) else { return }
                complain("\(failure); then run virt-watchdog apply \(facts.name.shellWord)")
            }
        } catch {
            complain(
                "cannot start \(Paths.service): \(error); end other processes, then run"
                    + " virt-watchdog apply \(facts.name.shellWord)")
        }
    }
}
