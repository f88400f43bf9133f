// SPDX-License-Identifier: Apache-2.0

internal import DomainXML
internal import Host
internal import Synchronization
package import WatchdogPolicy

/// A reader of libvirt's domain XML.
package enum DomainXMLReader {
    /// Returns the facts of a guest.
    ///
    /// Call ``WatchdogPolicy/GuestFacts/trustRecords(of:hasArrived:)`` before you use the records.
    ///
    /// - Parameter isLocal: Whether the guest's emulator is on this host, where its file shows the
    ///   missing models.
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

    /// The models with a device of their own. The iTCO is part of its machine.
    private static let models = WatchdogModel.allCases.filter { !$0.isBuiltIn }

    /// Returns the models that the emulator at a path is known to lack.
    static func missingModels(at path: String) -> [WatchdogModel] {
        guard let file = EmulatorFile(at: path) else { return [] }
        if let models = known.withLock({ $0[file] }) { return models }
        let missing = models.filter { file.includes($0.rawValue) == false }
        known.withLock { $0[file] = missing }
        return missing
    }
}
