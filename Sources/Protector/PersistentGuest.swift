package import Libvirt
package import WatchdogPolicy

/// A guest as ``ConfigWriter`` sees it.
package protocol PersistentGuest {
    /// Whether the guest is on this host.
    var isLocal: Bool { get }
    /// Whether the guest has a definition that outlives its run.
    func isPersistent() throws(LibvirtError) -> Bool
    /// The definition that the guest is started from next.
    func persistentDefinition() throws(LibvirtError) -> String
    /// The definition that the guest is started from next, with its secrets.
    func secretPersistentDefinition() throws(LibvirtError) -> String
    /// Replaces the definition that the guest is started from next.
    func define(_ xml: String) throws(LibvirtError)
    /// Adds a device.
    func attach(device xml: String, to target: DeviceTarget) throws(LibvirtError)
    /// Removes a device, or asks the running guest to release it.
    func detach(alias: String, from target: DeviceTarget) throws(LibvirtError)
}

extension Guest: PersistentGuest {}

extension PersistentGuest {
    /// Reads the definition that the guest is started from next.
    package func persistentFacts() throws(TreatmentError) -> GuestFacts {
        let text = try asking { () throws(LibvirtError) in try persistentDefinition() }
        return try DomainXMLReader.facts(in: text, isLocal: isLocal)
    }
}

/// Asks libvirt, and returns its error as the reason why a guest cannot be treated.
func asking<Answer>(
    _ question: () throws(LibvirtError) -> Answer
) throws(TreatmentError) -> Answer {
    do throws(LibvirtError) {
        return try question()
    } catch {
        throw .libvirt(error)
    }
}
