// libvirt's hook for QEMU guests, as https://libvirt.org/hooks.html describes it: called with
// `GUEST OPERATION SUB-OPERATION EXTRA`, the definition on standard input. What each operation does
// is a row of `HookOperation.table`; operations that are not there are met with silence and 0.
//
// Not here, on purpose: any call of libvirt, which would wait for a lock that libvirt holds while
// the hook runs. What has to be done to a running guest, the protector does once the hook is gone.

import DomainXML
import Glibc
import HostSystem
import WatchdogPolicy

@main
enum Hook {
    /// After how many seconds the hook leaves, whatever it waits for.
    private static let patience: UInt32 = 2

    static func main() {
        guard let name = argument(2), let phase = argument(3),
            let operation = HookOperation(name, phase), operation.readsDefinition,
            let guest = argument(1)
        else { _exit(0) }
        let cutShort = LogLine(
            operation: operation.name, guest: guest,
            failure: "the hook was cut short by a signal or its alarm; the guest goes on without it"
        )
        SignalGuard.install(leavingAfter: patience, logging: cutShort.text)
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

    /// An argument by its number; `CommandLine.arguments` would make an array of them all.
    private static func argument(_ index: Int) -> String? {
        guard index < CommandLine.argc, let text = CommandLine.unsafeArgv[index] else { return nil }
        return String(cString: text)
    }

    /// Carries out an operation and leaves; no clean-up is worth the time, or a failure after all is
    /// done.
    private static func run(_ operation: HookOperation) throws -> Never {
        let input = try readAll(from: STDIN_FILENO, limit: Document.maximumLength)
        var document = try Document(parsing: input.span.bytes)
        var facts = document.facts
        if operation.findsGuestRunning { facts.trustAlignment(inBoot: bootID()) }
        let policy = PolicyReport.ofHost(.ofEnvironment()).policy
        let plan =
            operation.output == .changedAction
            ? filterPlan(policy, facts) : plan(policy, facts)
        let hasRecord = facts.alignment != nil
        let outcome = HookOutcome(of: operation, for: plan, under: policy, hasRecord: hasRecord)

        if outcome.printsDefinition {
            document.apply(plan)
            try writeWhole(try document.serialized(), to: STDOUT_FILENO)
        }
        let line = LogLine(
            operation: operation.name, guest: facts.name, uuid: facts.uuid, plan: plan,
            result: outcome.refusal == nil ? nil : "refused")
        SystemLog.send(line.text, severity: outcome.refusal == nil ? plan.severity : .error)
        if let refusal = outcome.refusal {
            let message =
                "virt-watchdog: \(facts.name.isEmpty ? "guest" : quoted(facts.name))"
                + " is not started, since vm.watchdog.enforce=true and \(refusal)\n"
            try? writeAll(Array(message.utf8), to: STDERR_FILENO)
            _exit(1)
        }
        if outcome.startsProtector, let uuid = facts.uuid {
            func log(_ failure: String) {
                let line = LogLine(
                    operation: operation.name, guest: facts.name, uuid: uuid, failure: failure)
                SystemLog.send(line.text, severity: .error)
            }
            let isFresh = hasRecord && !operation.findsGuestRunning
            guard let request = ProtectionRequest(uuid: uuid, isFresh: isFresh) else {
                log("what the definition has for a UUID is none; no protector is started")
                _exit(0)
            }
            // One that is at work already saves a process and a connection.
            if HandOverPlace.ofUser()?.offer(request) == true { _exit(0) }
            try DetachedProcess.protector(request).start { error in
                log(
                    "the protector \(Layout.protector) cannot be started: \(error);"
                        + " run install.sh again")
            }
        }
        _exit(0)
    }
}
