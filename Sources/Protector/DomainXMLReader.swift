internal import DomainXML
internal import Host
internal import Synchronization
internal import System
package import WatchdogPolicy

/// Reads the domain XML that libvirt gives.
package enum DomainXMLReader {
    /// Reads the facts of a guest.
    ///
    /// The records in it do not count yet; see ``WatchdogPolicy/GuestFacts/trustRecords(of:hasArrived:)``.
    ///
    /// - Parameter isLocal: Whether the guest's emulator is on this host, so that its file tells which
    ///   models it has.
    package static func facts(
        in xml: String, isLocal: Bool = false
    ) throws(TreatmentError) -> GuestFacts {
        var facts: GuestFacts
        do throws(DocumentError) {
            facts = try Document(parsing: xml).facts
        } catch {
            throw .definition(error.descriptionWithoutContent)
        }
        if isLocal, let emulator = facts.emulator {
            facts.missingModels = Emulators.missingModels(at: emulator)
        }
        return facts
    }
}

/// The models that this host's emulators lack.
private enum Emulators {
    private static let known = Mutex<[EmulatorFile: [WatchdogModel]]>([:])

    /// The models that are devices of their own. The iTCO is a part of its machines.
    private static let models = WatchdogModel.allCases.filter { !$0.isBuiltIn }

    /// The models that the emulator at a path is known not to have.
    static func missingModels(at path: String) -> [WatchdogModel] {
        guard let file = EmulatorFile(at: path) else { return [] }
        if let models = known.withLock({ $0[file] }) { return models }
        let missing = models.filter { file.includes($0.rawValue) == false }
        known.withLock { $0[file] = missing }
        return missing
    }
}
