// SPDX-License-Identifier: Apache-2.0

package import Libvirt
package import WatchdogPolicy

/// A guest for ``ConfigWriter``.
package protocol PersistentGuest {
    /// Whether the guest is on this host.
    var isLocal: Bool { get }
    /// Returns whether the guest has a persistent domain XML.
    func isPersistent() throws(LibvirtError) -> Bool
    /// Returns the persistent domain XML.
    func persistentDefinition() throws(LibvirtError) -> String
    /// Returns the persistent domain XML with its secrets.
    func secretPersistentDefinition() throws(LibvirtError) -> String
    /// Replaces the persistent domain XML.
    func define(_ xml: String) throws(LibvirtError)
    /// Adds a device.
    func attach(device xml: String, to target: DeviceTarget) throws(LibvirtError)
    /// Removes a device, or asks the running guest to release it.
    func detach(alias: String, from target: DeviceTarget) throws(LibvirtError)
}

extension Guest: PersistentGuest {}

extension PersistentGuest {
    /// Returns the facts in the persistent domain XML.
    package func persistentFacts() throws(TreatmentError) -> GuestFacts {
        let text = try asking { () throws(LibvirtError) in try persistentDefinition() }
        return try DomainXMLReader.facts(in: text, isLocal: isLocal)
    }
}

/// Runs a libvirt call and converts its error.
func asking<Answer>(
    _ question: () throws(LibvirtError) -> Answer
) throws(TreatmentError) -> Answer {
    do throws(LibvirtError) {
        return try question()
    } catch {
        throw .libvirt(error)
    }
}
