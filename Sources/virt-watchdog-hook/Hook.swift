// libvirt's hook for QEMU guests, as https://libvirt.org/hooks.html describes it: called with
// `GUEST OPERATION SUB-OPERATION EXTRA`, the definition on standard input. What each operation does
// is a row of `HookOperation.table`; for any other operation, the hook prints nothing and exits 0.
//
// Not here, on purpose: any call of libvirt, which would wait for a lock that libvirt holds while
// the hook runs. The service treats the running guest. Without one, the hook starts a one-shot.

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
        if argument(1) == "--version", argument(2) == nil {
            try? FileDescriptor.standardOutput.writeFully(Array(LinkageReport.own.text.utf8))
            _exit(0)
        }
        guard let name = argument(2), let phase = argument(3),
            let operation = HookOperation(name, phase), operation.readsDefinition,
            let guest = argument(1)
        else { _exit(0) }
        // Done already in a release build.
        SignalGuard.install(leavingAfter: patience)
        // The first things have asked about the parent alone.
        if operation.needsTreatment, CallingDaemon.isServed(CallingDaemon.process()) { _exit(0) }
        let cutShort = LogLine(
            operation: operation.name, guest: guest,
            failure:
                "hook ended by signal \(SignalGuard.placeholder) (\(SIGALRM) = its \(patience) s timeout);"
                + " the guest continues without it")
        SignalGuard.setMessage(cutShort.text)
        do {
            try run(operation)
        } catch {
            // What libxml2 says of a broken document may quote it, and it may hold a password.
            let reason = (error as? DocumentError)?.descriptionWithoutContent ?? "\(error)"
            let line = LogLine(operation: operation.name, guest: guest, failure: reason)
            SystemLog.send(line.text, severity: .error)
            _exit(0)
        }
    }

    /// Carries out an operation and leaves; no clean-up is worth the time, or a failure after all is
    /// done.
    private static func run(_ operation: HookOperation) throws -> Never {
        let input = try FileDescriptor.standardInput.readToEnd(limit: Document.maximumLength)
        // Where the limit leaves no other, this one serves for the policy and the log.
        close(STDIN_FILENO)
        var document = try Document(parsing: input.span.bytes)
        var facts = document.facts
        let paths = Paths.ofEnvironment()
        // Where it is not needed, it would take an eighth of the time.
        if paths.mayLeaveRoot { SignalGuard.startHardDeadline() }
        let report = PolicyLoader.load(paths)
        let policy = report.policy
        var plan =
            operation.output == .changedAction
            ? Plan(filtering: facts, under: policy) : Plan(for: facts, under: policy)
        // Only a start that may be refused is worth the time.
        if operation.mayRefuse, policy.enforce, let model = plan.addedModel,
            let emulator = facts.emulator,
            EmulatorFile(at: emulator)?.includes(model.rawValue) == false
        {
            facts.missingModels = [model]
            plan = Plan(for: facts, under: policy)
        }
        let hasRecord = facts.alignment != nil
        var outcome = HookOutcome(of: operation, for: plan, under: policy, hasRecord: hasRecord)
        if outcome.needsProtector, !CallingDaemon.isServed(CallingDaemon.process()),
            let failure = OneShotProgram.check()
        {
            outcome.refuse("no virt-watchdogd runs: \(failure)")
        }

        if outcome.printsDefinition {
            // libvirt ignores the output at prepare, so the place is not worth the time.
            document.apply(plan, isPlacing: false)
            try FileDescriptor.standardOutput.writeAtOnce(try document.serialized())
        }
        let line = LogLine(
            operation: operation.name, guest: facts.name, uuid: facts.uuid, plan: plan,
            result: outcome.refusal == nil ? nil : "refused",
            reason: clauses([outcome.refusal ?? plan.reason] + report.remarks))
        // What the log says of a refusal is what happens, whichever signal comes then.
        if outcome.refusal != nil { SignalGuard.setExitStatus(1) }
        SystemLog.send(
            line.text, severity: outcome.refusal == nil ? SystemLog.Severity(of: plan) : .error)
        if let refusal = outcome.refusal {
            let message =
                "virt-watchdog: \(facts.name.isEmpty ? "guest" : quoted(facts.name))"
                + " is not started, since vm.watchdog.enforce=true and \(refusal)\n"
            try? FileDescriptor.standardError.writeFully(Array(message.utf8))
            _exit(1)
        }
        if outcome.startsOneShot {
            // libvirt waits until nothing holds them, also not a child that does not get its turn.
            close(STDOUT_FILENO)
            close(STDERR_FILENO)
            startOneShot(for: facts) { failure in
                let line = LogLine(
                    operation: operation.name, guest: facts.name, uuid: facts.uuid, failure: failure
                )
                SystemLog.send(line.text, severity: .error)
            }
        }
        // All is done and logged.
        SignalGuard.setExitStatus(0)
        _exit(0)
    }

    /// Starts a one-shot for the guest.
    ///
    /// - Parameter complain: Takes what is wrong, in a clause; in this process or in the child that
    ///   watches the one-shot.
    private static func startOneShot(
        for facts: GuestFacts, orElse complain: (String) -> Void
    ) {
        guard let uuid = facts.uuid.flatMap(GuestUUID.init) else {
            complain(
                "the definition has no UUID by which to find the guest; no virt-watchdogd is started"
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
                "cannot start \(Paths.service): \(error); once there is room for more processes, run"
                    + " virt-watchdog apply \(facts.name.shellWord)")
        }
    }
}
