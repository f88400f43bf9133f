internal import DomainXML
public import WatchdogPolicy

extension GuestFacts {
    /// Reads the facts of a definition that libvirt gave.
    ///
    /// The records in it do not count yet; see ``WatchdogPolicy/GuestFacts/trustRecords(of:hasArrived:)``.
    public init(definition: String) throws(ProtectionError) {
        do throws(DocumentError) {
            self = try Document(parsing: definition).facts
        } catch {
            throw .definition(error.descriptionWithoutContent)
        }
    }
}
