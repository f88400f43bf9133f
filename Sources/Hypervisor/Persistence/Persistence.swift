internal import DomainXML
internal import WatchdogPolicy

/// What came of bringing a persistent definition to the policy.
public struct Persistence: Sendable, Hashable {
    /// What was done.
    public enum Result: String, Sendable, Hashable {
        /// The device was added.
        case written
        /// There was nothing to do.
        case unchanged
        /// The guest has no persistent definition.
        case transient
        /// The definition cannot be given what the policy asks for.
        case unprotected
        /// The action of a watchdog that is there was not changed.
        case notChanged = "not-changed"
    }

    /// What was done.
    public var result: Result
    /// Why, in a clause that an operator understands.
    public var reason: String

    /// Whether the definition now is as the policy wants it; one that is not there has no say.
    public var isConverged: Bool {
        switch result {
        case .written, .unchanged, .transient: true
        case .unprotected, .notChanged: false
        }
    }
}

extension Protector {
    /// Adds the watchdog to the persistent definition, if the policy asks for one and it has none.
    ///
    /// libvirt checks what is added, and adds it to the definition that it has at that moment.
    public func persist(
        _ guest: some ProtectableGuest
    ) throws(ProtectionError) -> Persistence {
        guard try asking({ () throws(LibvirtError) in try guest.isPersistent() }) else {
            return Persistence(
                result: .transient,
                reason: "the guest has no persistent definition to write it into")
        }
        let facts = try persistentFacts(of: guest)
        let plan = plan(policy, facts)
        if case .leave = plan.decision {
            return Persistence(result: .unchanged, reason: plan.reason)
        }
        guard let addition = PersistentAddition(plan, to: facts) else {
            guard case .changeAction = plan.decision else {
                return Persistence(result: .unprotected, reason: plan.reason)
            }
            return Persistence(
                result: .notChanged, reason: "\(plan.reason), but not by us: use virsh edit")
        }
        try add(addition, to: guest)
        return Persistence(result: .written, reason: addition.reason)
    }

    /// Adds the port, then the device; if that fails, takes the port back.
    private func add(
        _ addition: PersistentAddition, to guest: some ProtectableGuest
    ) throws(ProtectionError) {
        do throws(LibvirtError) {
            if let port = addition.port { try guest.attach(device: port.xml, to: .persistent) }
        } catch {
            throw .libvirt(error)
        }
        do throws(LibvirtError) {
            try guest.attach(device: addition.device.xml(at: addition.point), to: .persistent)
        } catch {
            if addition.port != nil {
                try? guest.detach(alias: PersistentAddition.RootPort.alias, from: .persistent)
            }
            throw .libvirt(error)
        }
    }
}

extension PersistentAddition {
    fileprivate var reason: String {
        let port = port.map { " and, for it alone, the pcie-root-port \($0.index)" } ?? ""
        return "the persistent definition has \(device)\(port) from now on;"
            + " the guest has it from its next cold start on"
    }
}
