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

/// Reads the definition of a guest: the live one while it runs.
func liveFacts(of guest: some ProtectableGuest) throws(ProtectionError) -> GuestFacts {
    let text = try asking { () throws(LibvirtError) in try guest.definition() }
    return try GuestFacts(definition: text)
}

/// Reads the definition that a guest is started from next.
func persistentFacts(of guest: some ProtectableGuest) throws(ProtectionError) -> GuestFacts {
    let text = try asking { () throws(LibvirtError) in try guest.persistentDefinition() }
    return try GuestFacts(definition: text)
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
