// SPDX-License-Identifier: Apache-2.0

import FuzzSupport

@testable import DomainXML
@testable import WatchdogPolicy

/// Checks that a plan makes its change and no other, and leaves nothing to do.
func checkPatch(
    of definition: Definition, by plan: (Policy, GuestFacts) -> Plan, _ policy: Policy
) {
    let facts = definition.facts
    let first = Plan(for: facts, under: policy)
    require(
        Plan(for: facts, under: policy) == first, "asked twice, the plan is not the same: \(first)")
    checkLines(for: first, facts, policy)

    guard first.changesDefinition else { return }
    checkPlace(for: first, in: definition)
    let text = definition.changed { $0.apply(first, isPlacing: false) }
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
    let second = Plan(for: after, under: policy)
    // With libvirt's default action, a chosen iTCO looks like libvirt's own, and has
    // company then: see the test of `plan` that asks whether it converges.
    if case .changeAction(_, .reset) = first.decision, after.chosenWatchdogs.isEmpty {
        let third = Plan(for: after.adding(second), under: policy)
        require(!third.changesDefinition, "a third patch: \(second.reason); then: \(third.reason)")
        return
    }
    require(
        !second.changesDefinition,
        "patched, it is to be patched again: \(first.reason); then: \(second.reason)")
}

/// Checks that a device gets a place that nothing else has, or that the definition stays as it is.
private func checkPlace(for plan: Plan, in definition: Definition) {
    guard plan.addedModel != nil else { return }
    let facts = definition.facts
    let text = definition.changed { $0.apply(plan) }
    guard let addition = PersistentAddition(plan, to: facts) else {
        require(
            PersistentAddition.obstacle(to: plan, in: facts) != nil, "nothing says why: \(plan)")
        require(text == definition.text, "changed without a place: \(plan)")
        return
    }
    let after = Definition.facts(of: text)
    require(after.watchdogs.count == facts.watchdogs.count + 1, "no device: \(plan)")
    require(
        after.controllers.count >= facts.controllers.count + (addition.port == nil ? 0 : 1)
            || facts.qemuArguments != nil, "no port: \(addition)")
    for address in [addition.point.address, addition.port?.address].compactMap({ $0 }) {
        let isTaken = facts.usedAddresses.contains {
            $0.bus == address.bus && $0.slot == address.slot && $0.function == address.function
        }
        require(!isTaken, "the place is taken: \(addition)")
    }
}

extension GuestFacts {
    /// The facts with the device that a plan adds, if it does.
    fileprivate func adding(_ plan: Plan) -> GuestFacts {
        var facts = self
        switch plan.decision {
        case .attach(let device, _), .coldPlug(let device, _):
            facts.watchdogs.append(
                Watchdog(model: device.model.rawValue, action: device.action.rawValue))
        case .leave, .changeAction, .refuse: break
        }
        return facts
    }
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
            of: operation, for: plan, under: policy, hasRecord: facts.actionOverride != nil)
        require(
            outcome.refusal == nil || policy.enforce && !outcome.printsDefinition,
            "refused and printed: \(outcome)")
    }
}
