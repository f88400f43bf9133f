// SPDX-License-Identifier: Apache-2.0

internal import DomainXML
internal import Libvirt
package import WatchdogPolicy

/// The result of bringing a persistent domain XML to the policy.
package struct ConfigResult: Sendable, Hashable {
    /// The change, or the reason for none.
    package enum Result: String, Sendable, Hashable {
        /// The device was added.
        case written
        /// The persistent domain XML matched already.
        case unchanged
        /// The guest has no persistent domain XML.
        case transient
        /// The existing watchdogs got another action.
        case aligned
        /// The device would be added.
        case wouldWrite = "would-write"
        /// The existing watchdogs would get another action.
        case wouldAlign = "would-align"
        /// The policy's watchdog does not fit into the domain XML.
        case unprotected
    }

    package var result: Result
    /// The explanation for the operator, as a clause.
    package var reason: String

    /// Whether the persistent domain XML matches the policy or does not exist.
    package var isConverged: Bool {
        switch result {
        case .written, .aligned, .unchanged, .transient: true
        case .wouldWrite, .wouldAlign, .unprotected: false
        }
    }
}

/// A writer of persistent domain XML.
///
/// It asks libvirt for each change once, and never waits for a guest.
package struct ConfigWriter: Sendable {
    /// Whether the writer only reports changes.
    package var dryRun: Bool

    package init(dryRun: Bool = false) {
        self.dryRun = dryRun
    }

    /// Brings a persistent domain XML to the policy.
    ///
    /// Adds a watchdog, or gives the existing watchdogs the policy's action. libvirt checks each
    /// addition.
    ///
    /// - Throws: libvirt's error, or the reason why the domain XML is unreadable.
    package func persist(
        _ guest: some PersistentGuest, under policy: Policy
    ) throws(TreatmentError) -> ConfigResult {
        guard try asking({ () throws(LibvirtError) in try guest.isPersistent() }) else {
            return ConfigResult(
                result: .transient, reason: "the guest has no persistent domain XML")
        }
        let facts = try guest.persistentFacts()
        let plan = Plan(for: facts, under: policy)
        switch plan.decision {
        case .leave: return ConfigResult(result: .unchanged, reason: plan.reason)
        case .changeAction(_, let action):
            let verb = dryRun ? "would give" : "gives"
            if !dryRun { try guest.redefine(givingAction: action.rawValue) }
            return ConfigResult(
                result: dryRun ? .wouldAlign : .aligned,
                reason: "the persistent domain XML \(verb) its watchdogs action"
                    + " '\(action.rawValue)'; \(effectClause)")
        case .attach, .coldPlug, .refuse: break
        }
        guard let addition = PersistentAddition(plan, to: facts) else {
            let obstacle = PersistentAddition.obstacle(to: plan, in: facts)
            return ConfigResult(result: .unprotected, reason: obstacle ?? plan.reason)
        }
        if !dryRun {
            try add(addition, to: guest)
            if addition.sharedAction != nil {
                try guest.redefine(givingAction: addition.device.action.rawValue)
            }
        }
        let verb = dryRun ? "would have" : "has"
        return ConfigResult(
            result: dryRun ? .wouldWrite : .written,
            reason: "the persistent domain XML \(verb) \(addition.description); \(effectClause)")
    }

    /// Removes our device and its port from a persistent domain XML.
    ///
    /// The remaining watchdogs get their former action.
    ///
    /// - Returns: The result, or `nil` for a guest without a persistent domain XML.
    /// - Throws: libvirt's error, or the reason why the domain XML is unreadable.
    package func remove(from guest: some PersistentGuest) throws(TreatmentError) -> Removal? {
        guard try asking({ () throws(LibvirtError) in try guest.isPersistent() }) else {
            return nil
        }
        let facts = try guest.persistentFacts()
        let hasDevice = facts.watchdogs.contains(where: \.isOwned)
        let hasPort = facts.hasOwnedPortToSpare
        let hasRecord = facts.savedAction != nil
        guard hasDevice || hasPort || hasRecord else { return .absent }
        if dryRun { return .wouldRemove }
        if hasRecord { try guest.redefineGivingBack() }
        try asking { () throws(LibvirtError) in
            if hasDevice { try guest.detach(alias: WatchdogDevice.alias, from: .persistent) }
            if hasPort {
                try guest.detach(alias: PersistentAddition.RootPort.alias, from: .persistent)
            }
        }
        return .removed
    }

    private var effectClause: String {
        "the guest gets it at its next cold start"
    }

    /// Adds the port, then the device. Removes the port if the device is refused.
    private func add(
        _ addition: PersistentAddition, to guest: some PersistentGuest
    ) throws(TreatmentError) {
        do throws(LibvirtError) {
            if let port = addition.port { try guest.attach(device: port.xml, to: .persistent) }
        } catch {
            throw .libvirt(error)
        }
        do throws(LibvirtError) {
            var device = addition.device
            device.action = addition.sharedAction ?? device.action
            try guest.attach(device: device.xml(at: addition.point), to: .persistent)
        } catch {
            if addition.port != nil {
                try? guest.detach(alias: PersistentAddition.RootPort.alias, from: .persistent)
            }
            throw .libvirt(error)
        }
    }
}

extension PersistentGuest {
    /// Changes the action of the watchdogs in the persistent domain XML, and records their former
    /// action.
    func redefine(givingAction action: String) throws(TreatmentError) {
        try redefine { document in
            let facts = document.facts
            guard let current = facts.watchdogs.map(\.action).first(where: { $0 != action }) else {
                return
            }
            let former = facts.savedActionThatStands?.former ?? current
            document.setWatchdogAction(action)
            document.setSavedAction(
                former == action ? nil : SavedAction(action: action, former: former))
        }
    }

    /// Restores the former action of the watchdogs in the persistent domain XML, and removes its
    /// record.
    ///
    /// If another program has changed the action since, that change stays.
    func redefineGivingBack() throws(TreatmentError) {
        try redefine { document in
            if let savedAction = document.facts.savedActionThatStands {
                document.setWatchdogAction(savedAction.former)
            }
            document.setSavedAction(nil)
        }
    }

    /// Edits the persistent domain XML as virsh edit does, because libvirt has no call for these
    /// changes.
    private func redefine(
        _ change: (inout Document) -> Void
    ) throws(TreatmentError) {
        let text = try asking { () throws(LibvirtError) in try secretPersistentDefinition() }
        let changed: String
        do throws(DocumentError) {
            var document = try Document(parsing: text)
            change(&document)
            changed = String(decoding: try document.serialized(), as: UTF8.self)
        } catch {
            throw .definition(error.descriptionWithoutContent)
        }
        // Another program may have changed or undefined it meanwhile.
        let now = try asking { () throws(LibvirtError) in
            try isPersistent() ? try secretPersistentDefinition() : nil
        }
        guard now == text else {
            throw .libvirt(
                LibvirtError(
                    code: .operationFailed,
                    message: "another program changed the persistent domain XML meanwhile"))
        }
        try asking { () throws(LibvirtError) in try define(changed) }
    }
}

extension PersistentAddition {
    /// The addition in words.
    fileprivate var description: String {
        let port = port.map { " and, for it alone, the pcie-root-port \($0.index)" } ?? ""
        return "\(device)\(port)"
    }
}
