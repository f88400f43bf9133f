/// A guest as the protector sees it.
public protocol ProtectableGuest {
    /// Whether the guest is on its way in from another host.
    func isMigratingIn() throws(LibvirtError) -> Bool
    /// Whether the guest runs.
    func isRunning() throws(LibvirtError) -> Bool
    /// Whether the guest has a definition that outlives its run.
    func isPersistent() throws(LibvirtError) -> Bool
    /// The live definition, or the persistent one of a guest that does not run.
    func definition() throws(LibvirtError) -> String
    /// The definition that the guest is started from next.
    func persistentDefinition() throws(LibvirtError) -> String
    /// Adds a device.
    func attach(device xml: String, to target: DeviceTarget) throws(LibvirtError)
    /// Takes a device out, or asks the running guest to let go of it.
    func detach(alias: String, from target: DeviceTarget) throws(LibvirtError)
}

extension Guest: ProtectableGuest {}
