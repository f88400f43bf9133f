// SPDX-License-Identifier: Apache-2.0

internal import CLibvirt
internal import Glibc

/// A guest on a libvirt connection. Several threads may use it at once.
///
/// The C type is [`virDomain`](https://libvirt.org/html/libvirt-libvirt-domain.html).
package final class Guest: @unchecked Sendable {
    let pointer: virDomainPtr
    /// Kept because no guest may outlive its connection.
    package let connection: Connection

    init(_ pointer: virDomainPtr, on connection: Connection) {
        self.pointer = pointer
        self.connection = connection
    }

    deinit {
        virDomainFree(pointer)
    }

    /// The name. The C function is `virDomainGetName`.
    package var name: String { Self.name(of: pointer) }

    /// The UUID. The C function is `virDomainGetUUIDString`.
    package var uuid: String { Self.uuid(of: pointer) }

    /// Whether the connection's URI names no other host.
    package var isLocal: Bool { !connection.isRemote }

    static func name(of pointer: virDomainPtr) -> String {
        virDomainGetName(pointer).map { String(cString: $0) } ?? ""
    }

    static func uuid(of pointer: virDomainPtr) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(VIR_UUID_STRING_BUFLEN)) {
            virDomainGetUUIDString(pointer, $0.baseAddress) == 0
                ? $0.baseAddress.map { String(cString: $0) } ?? "" : ""
        }
    }

    /// Returns whether the guest runs. The C function is `virDomainIsActive`.
    package func isRunning() throws(LibvirtError) -> Bool {
        let answer = virDomainIsActive(pointer)
        if answer < 0 { throw .last() }
        return answer == 1
    }

    /// Returns whether the guest has a persistent domain XML. The C function is
    /// `virDomainIsPersistent`.
    package func isPersistent() throws(LibvirtError) -> Bool {
        let answer = virDomainIsPersistent(pointer)
        if answer < 0 { throw .last() }
        return answer == 1
    }

    /// Returns whether the guest is migrating into this host.
    ///
    /// A guest that was restored paused has the same state. The C functions are `virDomainGetState`
    /// and `virDomainGetJobInfo`.
    package func isMigratingIn() throws(LibvirtError) -> Bool {
        let (state, reason) = try stateAndReason()
        switch (UInt32(bitPattern: state), UInt32(bitPattern: reason)) {
        case (VIR_DOMAIN_PAUSED.rawValue, VIR_DOMAIN_PAUSED_MIGRATION.rawValue),
            (VIR_DOMAIN_PAUSED.rawValue, VIR_DOMAIN_PAUSED_POSTCOPY.rawValue),
            (VIR_DOMAIN_RUNNING.rawValue, VIR_DOMAIN_RUNNING_POSTCOPY.rawValue):
            return try hasJob()
        default: return false
        }
    }

    /// Returns whether a libvirt job on the guest is under way.
    private func hasJob() throws(LibvirtError) -> Bool {
        var information = virDomainJobInfo()
        do throws(LibvirtError) {
            try check(virDomainGetJobInfo(pointer, &information))
        } catch {
            // During a migration, only the source host can report the job.
            guard [.operationUnsupported, .operationInvalid].contains(error.code) else {
                throw error
            }
            return true
        }
        return information.type != CInt(VIR_DOMAIN_JOB_NONE.rawValue)
    }

    /// Returns the numbers of `virDomainState` and of the reason's own enumeration.
    ///
    /// The C function is `virDomainGetState`.
    package func stateAndReason() throws(LibvirtError) -> (state: CInt, reason: CInt) {
        var state: CInt = 0
        var reason: CInt = 0
        try check(virDomainGetState(pointer, &state, &reason, 0))
        return (state, reason)
    }

    /// Returns the domain XML: the live one of a running guest, else the persistent one.
    ///
    /// It holds no secrets. The C function is `virDomainGetXMLDesc`.
    package func definition() throws(LibvirtError) -> String {
        try definition(flags: 0)
    }

    /// Returns the persistent domain XML without secrets.
    ///
    /// The C function is `virDomainGetXMLDesc` with `VIR_DOMAIN_XML_INACTIVE`.
    package func persistentDefinition() throws(LibvirtError) -> String {
        try definition(flags: VIR_DOMAIN_XML_INACTIVE.rawValue)
    }

    /// Returns the persistent domain XML with passwords. Use it only for `define`, and never print
    /// it.
    ///
    /// The C function is `virDomainGetXMLDesc` with `VIR_DOMAIN_XML_INACTIVE` and
    /// `VIR_DOMAIN_XML_SECURE`.
    package func secretPersistentDefinition() throws(LibvirtError) -> String {
        try definition(flags: VIR_DOMAIN_XML_INACTIVE.rawValue | VIR_DOMAIN_XML_SECURE.rawValue)
    }

    /// Replaces the persistent domain XML.
    ///
    /// The C function is `virDomainDefineXML`.
    package func define(_ xml: String) throws(LibvirtError) {
        guard let defined = virDomainDefineXML(connection.pointer, xml) else { throw .last() }
        virDomainFree(defined)
    }

    /// Sets the metadata element of a namespace, or removes it.
    ///
    /// The C function is `virDomainSetMetadata` with `VIR_DOMAIN_METADATA_ELEMENT`.
    package func setMetadata(
        _ element: String?, prefix: String, namespace: String, of target: DeviceTarget
    ) throws(LibvirtError) {
        try check(
            virDomainSetMetadata(
                pointer, CInt(VIR_DOMAIN_METADATA_ELEMENT.rawValue), element,
                element == nil ? nil : prefix, namespace, target.flags))
    }

    private func definition(flags: UInt32) throws(LibvirtError) -> String {
        guard let text = virDomainGetXMLDesc(pointer, flags) else { throw .last() }
        defer { free(text) }
        return String(cString: text)
    }

    /// Hot-plugs a device into the running guest, or adds it to the persistent domain XML.
    ///
    /// The C function is `virDomainAttachDeviceFlags`.
    package func attach(device xml: String, to target: DeviceTarget) throws(LibvirtError) {
        try check(virDomainAttachDeviceFlags(pointer, xml, target.flags))
    }

    /// Removes a device from the persistent domain XML, or asks the running guest to release it.
    ///
    /// libvirt does not wait for the guest. The live domain XML loses the device when the guest
    /// releases it. The C function is `virDomainDetachDeviceAlias`.
    package func detach(alias: String, from target: DeviceTarget) throws(LibvirtError) {
        try check(virDomainDetachDeviceAlias(pointer, alias, target.flags))
    }

    /// Pauses the guest's processors. The C function is `virDomainSuspend`.
    package func suspend() throws(LibvirtError) {
        try check(virDomainSuspend(pointer))
    }

    /// Resumes the guest's processors. The C function is `virDomainResume`.
    package func resume() throws(LibvirtError) {
        try check(virDomainResume(pointer))
    }

    /// Throws libvirt's error if a call failed.
    func check(_ result: CInt) throws(LibvirtError) {
        if result < 0 { throw .last() }
    }
}

/// The domain XML to change.
package enum DeviceTarget: Sendable, Hashable {
    /// The running guest, until it shuts off.
    case live
    /// The persistent domain XML.
    case persistent

    fileprivate var flags: UInt32 {
        switch self {
        case .live: VIR_DOMAIN_AFFECT_LIVE.rawValue
        case .persistent: VIR_DOMAIN_AFFECT_CONFIG.rawValue
        }
    }
}
