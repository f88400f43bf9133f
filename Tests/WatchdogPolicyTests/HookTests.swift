// SPDX-License-Identifier: Apache-2.0

import Testing
import WatchdogPolicy

/// The hook's table, and what follows from a row and a plan.
struct HookTests {
    private static func plan(_ decision: Plan.Decision) -> Plan { Plan(decision) }

    private static let device = WatchdogDevice(model: .i6300esb, action: .reset)
    private static let attach = plan(.attach(device, .automatic))
    private static let change = plan(.changeAction(from: "none", to: .reset))
    private static let dump = plan(.changeAction(from: "none", to: .dump))
    private static let cold = plan(.coldPlug(device, .noFreeSlot))
    private static let refuse = plan(.refuse(.noPCI(.i6300esb, machine: "isapc")))
    private static let leave = plan(.leave(.modelNone))

    /// A row of the design's table: what each kind of plan leads to.
    struct Row: Sendable, CustomTestStringConvertible {
        var operation: String
        var subOperation: String
        var reads: Bool
        /// The plans whose definition is printed.
        var prints: [String] = []
        /// The plans for which a one-shot is started.
        var starts: [String] = []
        /// The plans that need a program to carry them out, under enforce.
        var needs: [String] = []
        /// The plans for which the start is refused, under enforce.
        var refuses: [String] = []

        var testDescription: String { "\(operation) \(subOperation)" }
    }

    @Test(arguments: [
        Row(
            operation: "prepare", subOperation: "begin", reads: true,
            prints: ["attach", "change-action", "cold-plug"],
            needs: ["attach", "change-action"],
            refuses: ["cold-plug", "refuse"]),
        Row(operation: "start", subOperation: "begin", reads: false),
        Row(
            operation: "started", subOperation: "begin", reads: true,
            starts: ["attach", "change-action"]),
        Row(operation: "stopped", subOperation: "end", reads: false),
        Row(operation: "release", subOperation: "end", reads: false),
        Row(
            operation: "reconnect", subOperation: "begin", reads: true,
            starts: ["attach", "change-action"]),
        Row(operation: "attach", subOperation: "begin", reads: false),
        Row(operation: "migrate", subOperation: "begin", reads: true, prints: ["change-action"]),
        Row(operation: "restore", subOperation: "begin", reads: true, prints: ["change-action"]),
    ])
    func `Each operation has the effect of its row`(row: Row) throws {
        let operation = try #require(
            HookOperation(row.operation, row.subOperation))
        #expect(operation.readsDefinition == row.reads)
        let beginning = HookOperation.beginning(row.operation, row.subOperation)
        #expect(beginning == (row.starts.isEmpty ? row.reads ? .reads : .leaves : .asksService))
        for plan in [Self.attach, Self.change, Self.cold, Self.refuse, Self.leave] {
            let outcome = HookOutcome(of: operation, for: plan, under: .builtIn)
            #expect(outcome.printsDefinition == row.prints.contains(plan.name), "\(plan.name)")
            let starts = row.starts.contains(plan.name)
            #expect(outcome.startsOneShot == starts, "\(plan.name)")
            #expect(!outcome.needsProtector, "\(plan.name)")
            #expect(outcome.refusal == nil, "nothing is refused without enforce")
            let persisting = HookOutcome(of: operation, for: plan, under: Policy(persist: true))
            let writes = !row.starts.isEmpty && plan.name == "cold-plug"
            #expect(persisting.startsOneShot == (writes || starts), "\(plan.name)")
            let enforced = HookOutcome(of: operation, for: plan, under: Policy(enforce: true))
            #expect((enforced.refusal != nil) == row.refuses.contains(plan.name), "\(plan.name)")
            if enforced.refusal != nil {
                #expect(!enforced.printsDefinition && !enforced.startsOneShot)
            }
            #expect(enforced.needsProtector == row.needs.contains(plan.name), "\(plan.name)")
            let recorded = HookOutcome(of: operation, for: plan, under: .builtIn, hasRecord: true)
            let checks = !row.starts.isEmpty
            #expect(recorded.startsOneShot == (checks || starts), "\(plan.name)")
        }
    }

    @Test func `An action that libvirt takes itself waits for a cold start`() throws {
        let started = try #require(HookOperation("started", "begin"))
        #expect(HookOutcome(of: started, for: Self.dump, under: .builtIn).startsOneShot == false)
        let persist = Policy(persist: true)
        #expect(HookOutcome(of: started, for: Self.dump, under: persist).startsOneShot)
        let prepare = try #require(HookOperation("prepare", "begin"))
        let enforce = Policy(enforce: true)
        #expect(HookOutcome(of: prepare, for: Self.dump, under: enforce).refusal != nil)
        let migrate = try #require(HookOperation("migrate", "begin"))
        #expect(HookOutcome(of: migrate, for: Self.dump, under: .builtIn).printsDefinition)
    }

    @Test func `A filter keeps an action that a monitor gave, unless the policy wants another`() {
        func action(
            _ policy: Policy, _ own: String, aligned: String?, definedAction: String? = nil
        ) -> WatchdogAction? {
            let facts = PlanTests.pc {
                $0.id = nil
                $0.isLive = false
                $0.watchdogs = [GuestFacts.Watchdog(model: "i6300esb", action: own)]
                $0.actionOverride = aligned.map {
                    ActionOverride(
                        action: $0, definedAction: definedAction ?? own, id: "1", run: nil)
                }
            }
            guard case .changeAction(_, let new) = Plan(filtering: facts, under: policy).decision
            else {
                return nil
            }
            return new
        }
        let keep = Policy()
        #expect(action(keep, "none", aligned: nil) == nil)
        #expect(action(keep, "none", aligned: "reset") == .reset)
        #expect(action(keep, "none", aligned: "pause") == .pause)
        #expect(action(keep, "none", aligned: "none") == nil)
        #expect(
            action(keep, "dump", aligned: "pause", definedAction: "none") == nil, "edited since")
        #expect(action(keep, "none", aligned: "strange") == nil)
        #expect(action(keep, "reset", aligned: "pause") == nil, "as this host wants it")
        let align = Policy(action: .poweroff, existing: .align)
        #expect(action(align, "none", aligned: "reset") == .poweroff)
        #expect(action(align, "poweroff", aligned: "reset") == nil)
        let excluded = Policy(exclude: [GuestPattern("*")])
        #expect(action(excluded, "none", aligned: "reset") == nil)
        #expect(action(Policy(fault: "no"), "none", aligned: "reset") == nil)
    }

    @Test func `The table has each operation once`() {
        let names = HookOperation.table.indices.map { HookOperation.table[$0].name }
        #expect(Set(names).count == names.count)
        #expect(names.count == 9)
    }

    @Test(
        arguments: [
            ("prepare", "end"), ("started", ""), ("Started", "begin"), ("", ""),
            ("unheard-of", "begin"), ("begin", "-"), ("stopped", "begin"), ("prepare", "begi"),
            ("prepar", "begin"), ("prepared", "begin"), ("prepare", "begins"),
        ] as [(String, String)])
    func `A name that libvirt does not call with is no operation`(
        name: String, subOperation: String
    ) {
        #expect(HookOperation(name, subOperation) == nil)
        #expect(HookOperation.beginning(name, subOperation) == .leaves)
    }

    @Test func `A log line names guest, operation, decision and reason`() {
        let line = LogLine(
            operation: "started", guest: "demo", uuid: "c7a5", plan: Self.attach,
            result: "attached")
        #expect(
            line.text
                == "op=started guest=\"demo\" uuid=c7a5 plan=attach result=attached"
                + " reason=\"\(Self.attach.reason)\"")
        let warned = LogLine(
            operation: "started", guest: "demo", uuid: nil,
            plan: Plan(.leave(.modelNone), warnings: ["take care"]))
        #expect(warned.text.hasSuffix("; take care\""))
    }

    @Test(
        arguments: [
            "\u{AD}", "\u{034F}", "\u{115F}", "\u{180E}", "\u{2061}", "\u{3164}", "\u{FFF9}",
            "\u{E0041}",
        ] as [Unicode.Scalar])
    func `An invisible character is written as an escape`(scalar: Unicode.Scalar) {
        let line = LogLine(operation: "started", guest: "a\(scalar)b", failure: "a\(scalar)b")
        #expect(!line.text.unicodeScalars.contains(scalar))
        #expect(line.text.contains("a\\u{\(String(scalar.value, radix: 16))}b"))
    }

    @Test(arguments: [
        "a\nb", "a\r\nop=started", "a\" reason=\"fine", "a\\", "\u{1B}[2J", "\u{202E}x", "\0",
        "x plan=attach", "\u{61C}x", String(repeating: "x", count: 5000), "%s%n",
    ])
    func `No name can forge a line or leave its quotes`(name: String) {
        let line = LogLine(operation: "started", guest: name, uuid: name, plan: Self.leave)
        let failure = LogLine(operation: "started", guest: name, failure: name)
        for text in [line.text, failure.text] {
            let disruptive = text.unicodeScalars.filter {
                $0.value < 0x20 || $0.properties.isBidiControl
            }
            #expect(disruptive.isEmpty)
            #expect(text.hasSuffix("\""))
        }
        #expect(line.text.count < 700)
        #expect(line.text.contains("\" uuid=\"\(escaped(name, quote: "\""))\" plan="))
        #expect(line.text.contains(" plan=leave reason=\"the policy adds no"))
    }
}
