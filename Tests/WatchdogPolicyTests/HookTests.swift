import Testing
import WatchdogPolicy

/// The hook's table, and what follows from a row and a plan.
struct HookTests {
    private static func plan(_ decision: Plan.Decision) -> Plan { Plan(decision) }

    private static let device = WatchdogDevice(model: .i6300esb, action: .reset)
    private static let attach = plan(.attach(device, .automatic))
    private static let change = plan(.changeAction(from: "none", to: .reset))
    private static let cold = plan(.coldPlug(device, .noFreeSlot))
    private static let refuse = plan(.refuse(.noPCI(machine: "isapc")))
    private static let leave = plan(.leave(.modelNone))

    /// A row of the design's table: what each kind of plan leads to.
    struct Row: Sendable {
        var operation: String
        var phase: String
        var reads: Bool
        /// The plans whose definition is printed.
        var prints: [String] = []
        /// The plans whose definition is printed besides, if the policy is to align.
        var aligns: [String] = []
        /// The plans for which a protector is started.
        var starts: [String] = []
        /// The plans for which the start is refused, under enforce.
        var refuses: [String] = []
    }

    @Test(
        "each operation does what its row says",
        arguments: [
            Row(
                operation: "prepare", phase: "begin", reads: true,
                prints: ["attach", "change-action", "cold-plug"],
                refuses: ["change-action", "cold-plug", "refuse"]),
            Row(operation: "start", phase: "begin", reads: false),
            Row(
                operation: "started", phase: "begin", reads: true,
                starts: ["attach", "change-action"]),
            Row(operation: "stopped", phase: "end", reads: false),
            Row(operation: "release", phase: "end", reads: false),
            Row(
                operation: "reconnect", phase: "begin", reads: true,
                starts: ["attach", "change-action"]),
            Row(operation: "attach", phase: "begin", reads: false),
            Row(operation: "migrate", phase: "begin", reads: true, aligns: ["change-action"]),
            Row(operation: "restore", phase: "begin", reads: true, aligns: ["change-action"]),
        ])
    func rows(row: Row) throws {
        let operation = try #require(
            HookOperation(row.operation, row.phase))
        #expect(operation.readsDefinition == row.reads)
        #expect(HookOperation.readsDefinition(row.operation, row.phase) == row.reads)
        for plan in [Self.attach, Self.change, Self.cold, Self.refuse, Self.leave] {
            let outcome = HookOutcome(of: operation, for: plan, under: .builtIn)
            #expect(outcome.printsDefinition == row.prints.contains(plan.name), "\(plan.name)")
            #expect(outcome.startsProtector == row.starts.contains(plan.name), "\(plan.name)")
            #expect(outcome.refusal == nil, "nothing is refused without enforce")
            let persisting = HookOutcome(of: operation, for: plan, under: Policy(persist: true))
            let writes = !row.starts.isEmpty && plan.name == "cold-plug"
            #expect(
                persisting.startsProtector == (outcome.startsProtector || writes), "\(plan.name)")
            let aligning = HookOutcome(of: operation, for: plan, under: Policy(existing: .align))
            #expect(
                aligning.printsDefinition == (row.prints + row.aligns).contains(plan.name),
                "\(plan.name)")
            let enforced = HookOutcome(of: operation, for: plan, under: Policy(enforce: true))
            #expect((enforced.refusal != nil) == row.refuses.contains(plan.name), "\(plan.name)")
            #expect(!(enforced.printsDefinition && enforced.refusal != nil))
        }
    }

    @Test("the table has each operation once")
    func unique() {
        let names = HookOperation.table.indices.map { HookOperation.table[$0].name }
        #expect(Set(names).count == names.count)
        #expect(names.count == 9)
    }

    @Test(
        "what libvirt does not call is no operation",
        arguments: [
            ("prepare", "end"), ("started", ""), ("Started", "begin"), ("", ""),
            ("unheard-of", "begin"), ("begin", "-"), ("stopped", "begin"), ("prepare", "begi"),
            ("prepar", "begin"), ("prepared", "begin"), ("prepare", "begins"),
        ] as [(String, String)])
    func unknown(name: String, phase: String) {
        #expect(HookOperation(name, phase) == nil)
        #expect(!HookOperation.readsDefinition(name, phase))
    }

    @Test("a line of the log says it all")
    func logLine() {
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
        "no name can forge a line or leave its quotes",
        arguments: [
            "a\nb", "a\r\nop=started", "a\" reason=\"fine", "a\\", "\u{1B}[2J", "\u{202E}x", "\0",
            String(repeating: "x", count: 5000), "%s%n",
        ])
    func hostileNames(name: String) {
        let line = LogLine(operation: "started", guest: name, uuid: name, plan: Self.leave)
        let failure = LogLine(operation: "started", guest: name, failure: name)
        for text in [line.text, failure.text] {
            #expect(!text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
            #expect(text.hasSuffix("\""))
        }
        #expect(line.text.count < 700)
        #expect(line.text.contains(" plan=leave reason=\"the policy gives no"))
    }
}
