internal import CLibvirt
internal import Glibc

/// A guest that libvirt knows.
///
/// The C type is [`virDomain`](https://libvirt.org/html/libvirt-libvirt-domain.html).
public final class Guest {
    private let pointer: virDomainPtr
    /// Kept, so that no guest outlives its connection.
    private let connection: Connection

    init(_ pointer: virDomainPtr, on connection: Connection) {
        self.pointer = pointer
        self.connection = connection
    }

    deinit {
        virDomainFree(pointer)
    }

    /// The name; the C function is `virDomainGetName`.
    public var name: String {
        virDomainGetName(pointer).map { String(cString: $0) } ?? ""
    }

    /// The UUID; the C function is `virDomainGetUUIDString`.
    public var uuid: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(VIR_UUID_STRING_BUFLEN)) {
            virDomainGetUUIDString(pointer, $0.baseAddress) == 0
                ? $0.baseAddress.map { String(cString: $0) } ?? "" : ""
        }
    }

    /// Whether it runs; the C function is `virDomainIsActive`.
    public func isRunning() throws(LibvirtError) -> Bool {
        let answer = virDomainIsActive(pointer)
        if answer < 0 { throw .last() }
        return answer == 1
    }

    /// Whether it is on its way in from another host; the C function is `virDomainGetState`.
    public func isMigratingIn() throws(LibvirtError) -> Bool {
        var state: CInt = 0
        var reason: CInt = 0
        if virDomainGetState(pointer, &state, &reason, 0) < 0 { throw .last() }
        return state == CInt(VIR_DOMAIN_PAUSED.rawValue)
            && reason == CInt(VIR_DOMAIN_PAUSED_MIGRATION.rawValue)
    }

    /// The definition: the live one while the guest runs, else the persistent one.
    ///
    /// It holds no secrets. The C function is `virDomainGetXMLDesc`.
    public func definition() throws(LibvirtError) -> String {
        guard let text = virDomainGetXMLDesc(pointer, 0) else { throw .last() }
        defer { free(text) }
        return String(cString: text)
    }

    /// Hot-plugs a device into the running guest, for as long as it runs.
    ///
    /// The C function is `virDomainAttachDeviceFlags` with `VIR_DOMAIN_AFFECT_LIVE`.
    public func attach(device xml: String) throws(LibvirtError) {
        let flags = VIR_DOMAIN_AFFECT_LIVE.rawValue
        if virDomainAttachDeviceFlags(pointer, xml, flags) < 0 { throw .last() }
    }
}
