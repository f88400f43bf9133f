import DomainXML
import FuzzSupport
import WatchdogPolicy

/// Checks that a plan changes what it says and nothing else, and that there is nothing left to do.
func checkPatch(
    of definition: Definition, by plan: (Policy, GuestFacts) -> Plan, _ policy: Policy
) {
    let facts = definition.facts
    let first = plan(policy, facts)
    require(plan(policy, facts) == first, "asked twice, the plan is not the same: \(first)")
    checkLines(for: first, facts, policy)

    guard first.changesDefinition else { return }
    let text = definition.changed { $0.apply(first) }
    require(text != definition.text, "no such change: \(first)")
    let patched = Tree(of: text)
    let original = Tree(of: definition.text)
    let expected = original.carryingOut(first)
    require(
        patched.elementCount <= original.elementCount + (expected.madeDevices ? 2 : 1),
        "more than one element was added")
    let found = patched.withoutLayout(where: expected.madeDevices).nodes
    let wanted = expected.tree.withoutLayout(where: expected.madeDevices).nodes
    require(
        found == wanted,
        "something else was changed: \(found.difference(from: wanted))")

    let after = Definition.facts(of: text)
    let second = plan(policy, after)
    require(
        !second.changesDefinition,
        "patched, it is to be patched again: \(first.reason); then: \(second.reason)")
}

/// The lines of the log for a guest of any name, and what the hook does for each operation.
private func checkLines(for plan: Plan, _ facts: GuestFacts, _ policy: Policy) {
    let line = LogLineForm(
        LogLine(operation: "prepare", guest: facts.name, uuid: facts.uuid, plan: plan))
    line.requireKeys(["op", "guest", "uuid", "plan", "reason"])
    require(line["plan"] == plan.name, "another plan: \(line.fields)")
    for index in HookOperation.table.indices {
        let operation = HookOperation.table[index]
        let outcome = HookOutcome(
            of: operation, for: plan, under: policy, hasRecord: facts.alignment != nil)
        require(
            outcome.refusal == nil || policy.enforce && !outcome.printsDefinition,
            "refused and printed: \(outcome)")
    }
}
