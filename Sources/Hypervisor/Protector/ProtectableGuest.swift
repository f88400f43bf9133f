/// A guest as the protector sees it.
public protocol ProtectableGuest {
    /// Whether the guest is on its way in from another host.
    func isMigratingIn() throws(LibvirtError) -> Bool
    /// The live definition.
    func definition() throws(LibvirtError) -> String
    /// Adds a device.
    func attach(device xml: String, to target: DeviceTarget) throws(LibvirtError)
}

extension Guest: ProtectableGuest {}
