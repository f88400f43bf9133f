internal import DomainXML
public import WatchdogPolicy

/// Asks libvirt for something that a plan is made from or carried out by.
func asking<Answer>(
    _ question: () throws(LibvirtError) -> Answer
) throws(ProtectionError) -> Answer {
    do throws(LibvirtError) {
        return try question()
    } catch {
        throw .libvirt(error)
    }
}

extension ProtectableGuest {
    /// Reads the definition: the live one while the guest runs, with the records that count for its
    /// run.
    public func facts() throws(ProtectionError) -> GuestFacts {
        let text = try asking { () throws(LibvirtError) in try definition() }
        var facts = try GuestFacts(definition: text)
        // A live definition that was defined again leaves its records in the persistent one.
        guard facts.isLive else { return facts }
        let run = run
        var cameAlong = false
        if let optOut = facts.optOut, optOut.run != run {
            cameAlong = try asking { () throws(LibvirtError) in try hasArrived() }
        }
        facts.trustRecords(of: run, hasArrived: cameAlong)
        return facts
    }

    /// Reads the definition of a run that has just begun, so that QEMU's action is the definition's.
    func freshFacts() throws(ProtectionError) -> GuestFacts {
        var facts = try facts()
        facts.alignedAction = nil
        return facts
    }

    /// Reads the definition that the guest is started from next.
    public func persistentFacts() throws(ProtectionError) -> GuestFacts {
        let text = try asking { () throws(LibvirtError) in try persistentDefinition() }
        return try GuestFacts(definition: text)
    }
}

extension GuestFacts {
    /// Reads the facts of a definition that libvirt gave.
    public init(definition: String) throws(ProtectionError) {
        do throws(DocumentError) {
            self = try Document(parsing: definition).facts
        } catch {
            throw .definition(error.descriptionWithoutContent)
        }
    }
}
