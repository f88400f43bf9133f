internal import CLibvirt
internal import Glibc
internal import System

/// A guest that libvirt knows; several threads may use it at once.
///
/// The C type is [`virDomain`](https://libvirt.org/html/libvirt-libvirt-domain.html).
package final class Guest: @unchecked Sendable {
    let pointer: virDomainPtr
    /// Kept, so that no guest outlives its connection.
    package let connection: Connection

    init(_ pointer: virDomainPtr, on connection: Connection) {
        self.pointer = pointer
        self.connection = connection
    }

    deinit {
        virDomainFree(pointer)
    }

    /// The name; the C function is `virDomainGetName`.
    package var name: String { Self.name(of: pointer) }

    /// The UUID; the C function is `virDomainGetUUIDString`.
    package var uuid: String { Self.uuid(of: pointer) }

    /// Whether it is on this host, as far as the connection's URI tells.
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

    /// Whether it runs; the C function is `virDomainIsActive`.
    package func isRunning() throws(LibvirtError) -> Bool {
        let answer = virDomainIsActive(pointer)
        if answer < 0 { throw .last() }
        return answer == 1
    }

    /// Whether it has a definition that outlives its run; the C function is `virDomainIsPersistent`.
    package func isPersistent() throws(LibvirtError) -> Bool {
        let answer = virDomainIsPersistent(pointer)
        if answer < 0 { throw .last() }
        return answer == 1
    }

    /// Whether it is on its way in from another host.
    ///
    /// Its state alone does not tell: a guest that was restored paused has the same one. The C
    /// functions are `virDomainGetState` and `virDomainGetJobInfo`.
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

    /// Whether something that takes its time is done to the guest.
    private func hasJob() throws(LibvirtError) -> Bool {
        var information = virDomainJobInfo()
        do throws(LibvirtError) {
            try check(virDomainGetJobInfo(pointer, &information))
        } catch {
            // Of a migration, only the host that it starts from can tell more.
            guard [.operationUnsupported, .operationInvalid].contains(error.code) else {
                throw error
            }
            return true
        }
        return information.type != CInt(VIR_DOMAIN_JOB_NONE.rawValue)
    }

    /// The state and its reason, as the numbers of `virDomainState` and of the state's own enumeration.
    ///
    /// The C function is `virDomainGetState`.
    package func stateAndReason() throws(LibvirtError) -> (state: CInt, reason: CInt) {
        var state: CInt = 0
        var reason: CInt = 0
        try check(virDomainGetState(pointer, &state, &reason, 0))
        return (state, reason)
    }

    /// The definition: the live one while the guest runs, else the persistent one.
    ///
    /// It holds no secrets. The C function is `virDomainGetXMLDesc`.
    package func definition() throws(LibvirtError) -> String {
        try definition(flags: 0)
    }

    /// The definition that the guest is started from next; without secrets, too.
    ///
    /// The C function is `virDomainGetXMLDesc` with `VIR_DOMAIN_XML_INACTIVE`.
    package func persistentDefinition() throws(LibvirtError) -> String {
        try definition(flags: VIR_DOMAIN_XML_INACTIVE.rawValue)
    }

    /// The definition that the guest is started from next, with passwords: for `define`, and for
    /// nobody's eyes.
    ///
    /// The C function is `virDomainGetXMLDesc` with `VIR_DOMAIN_XML_INACTIVE` and
    /// `VIR_DOMAIN_XML_SECURE`.
    package func secretPersistentDefinition() throws(LibvirtError) -> String {
        try definition(flags: VIR_DOMAIN_XML_INACTIVE.rawValue | VIR_DOMAIN_XML_SECURE.rawValue)
    }

    /// Puts a definition in the place of the one that the guest is started from next.
    ///
    /// The C function is `virDomainDefineXML`.
    package func define(_ xml: String) throws(LibvirtError) {
        guard let defined = virDomainDefineXML(connection.pointer, xml) else { throw .last() }
        virDomainFree(defined)
    }

    /// Puts an element into the metadata, in the place of the one in its namespace; or takes that
    /// one out.
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

    /// Adds a device: to the running guest by hot-plugging, or to the persistent definition.
    ///
    /// The C function is `virDomainAttachDeviceFlags`.
    package func attach(device xml: String, to target: DeviceTarget) throws(LibvirtError) {
        try check(virDomainAttachDeviceFlags(pointer, xml, target.flags))
    }

    /// Takes the device with that alias out: of the persistent definition, or of the running guest,
    /// which has to agree.
    ///
    /// The guest is asked and not waited for; once it has agreed, the live definition does not show
    /// the device any more. The C function is `virDomainDetachDeviceAlias`.
    package func detach(alias: String, from target: DeviceTarget) throws(LibvirtError) {
        try check(virDomainDetachDeviceAlias(pointer, alias, target.flags))
    }

    /// Stops the guest's processors; the C function is `virDomainSuspend`.
    package func suspend() throws(LibvirtError) {
        try check(virDomainSuspend(pointer))
    }

    /// Lets the guest's processors run on; the C function is `virDomainResume`.
    package func resume() throws(LibvirtError) {
        try check(virDomainResume(pointer))
    }

    /// Takes the error of a call that failed.
    func check(_ result: CInt) throws(LibvirtError) {
        if result < 0 { throw .last() }
    }
}

/// Which of a guest's two definitions is changed.
package enum DeviceTarget: Sendable, Hashable {
    /// The running guest, for as long as it runs.
    case live
    /// The definition that the guest is started from next.
    case persistent

    fileprivate var flags: UInt32 {
        switch self {
        case .live: VIR_DOMAIN_AFFECT_LIVE.rawValue
        case .persistent: VIR_DOMAIN_AFFECT_CONFIG.rawValue
        }
    }
}
