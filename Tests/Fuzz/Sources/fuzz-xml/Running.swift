// SPDX-License-Identifier: Apache-2.0

import FuzzSupport

@testable import DomainXML
@testable import WatchdogPolicy

/// Checks the plans for a running guest and for its next start.
func checkRunning(_ facts: GuestFacts, _ policy: Policy) {
    var facts = facts
    facts.trustRecords(of: nil)
    let plan = Plan(for: facts, under: policy)
    if case .attach(let device, let point) = plan.decision {
        let attached = readDevices(device.xml(at: point))
        require(
            attached.watchdogs.map(\.isOwned) == [true]
                && attached.watchdogs.map(\.address) == [point.address],
            "another device: \(attached)")
        if let address = point.address {
            require(!facts.usedAddresses.contains(address), "the place is taken: \(address)")
        }
    }
    if let addition = PersistentAddition(plan, to: facts), let port = addition.port {
        let added = readDevices(port.xml)
        require(
            added.controllers.map(\.isOwned) == [true]
                && added.controllers.map(\.index) == [port.index]
                && added.controllers.map(\.chassis) == [port.chassis],
            "another port: \(added)")
        require(
            !facts.controllers.contains { $0.index == port.index || $0.chassis == port.chassis }
                && !facts.usedAddresses.contains(port.address),
            "the port's place is taken: \(port)")
    }
    _ = facts.hasOwnedPortToSpare
    _ = NextBoot(policy, persistent: facts)
    for timers in [[], facts.watchdogs.map { _ in TimerState.armed }] {
        let verdict = Verdict(
            policy, live: facts, persistent: facts, evidence: Verdict.Evidence(timers: timers))
        require(!verdict.reason.isEmpty, "a verdict without a reason: \(verdict)")
    }
}

/// Checks that a record can be written and removed.
func checkRecord(in definition: Definition) {
    let facts = definition.facts
    if let record = facts.actionOverride {
        let read = readMetadata(record.xml, ActionOverride.elementName, ActionOverride.namespace)
        require(read.actionOverride == record, "another record: \(record)")
    }
    if let record = facts.optOut {
        let read = readMetadata(record.xml, OptOut.elementName, OptOut.namespace)
        require(read.optOut == record, "another record: \(record)")
    }
    if let record = facts.savedAction {
        _ = definition.changed {
            $0.setSavedAction(record)
            require($0.facts.savedAction == record, "another record: \(record)")
            $0.setSavedAction(nil)
        }
    }
}

private func readDevices(_ element: String) -> GuestFacts {
    Definition.facts(of: Array("<domain><devices>\(element)</devices></domain>".utf8))
}

/// Reads an element as libvirt keeps it, in the namespace that it is given with.
private func readMetadata(_ element: String, _ name: String, _ namespace: String) -> GuestFacts {
    let element = element.replacing("<\(name) ", with: "<a:\(name) ", maxReplacements: 1)
    return Definition.facts(
        of: Array("<domain><metadata xmlns:a='\(namespace)'>\(element)</metadata></domain>".utf8))
}
