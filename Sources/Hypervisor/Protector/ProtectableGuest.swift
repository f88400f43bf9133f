public import WatchdogPolicy

/// A guest as the protector sees it.
public protocol ProtectableGuest {
    /// The guest's present run, or nothing where it is unknown.
    var run: RunID? { get }
    /// Whether the guest is on its way in from another host.
    func isMigratingIn() throws(LibvirtError) -> Bool
    /// Whether the run continues that of another host, or of a file.
    func hasArrived() throws(LibvirtError) -> Bool
    /// Whether the guest runs.
    func isRunning() throws(LibvirtError) -> Bool
    /// Whether the guest has a definition that outlives its run.
    func isPersistent() throws(LibvirtError) -> Bool
    /// The live definition, or the persistent one of a guest that does not run.
    func definition() throws(LibvirtError) -> String
    /// The definition that the guest is started from next.
    func persistentDefinition() throws(LibvirtError) -> String
    /// The definition that the guest is started from next, with its secrets.
    func secretPersistentDefinition() throws(LibvirtError) -> String
    /// Puts a definition in the place of the one that the guest is started from next.
    func define(_ xml: String) throws(LibvirtError)
    /// Changes what the running guest's watchdogs do when they fire; the definition stays as it is.
    func setWatchdogAction(_ action: WatchdogAction) throws(LibvirtError)
    /// Puts an element into the metadata, in the place of the one in its namespace; or none.
    func setMetadata(
        _ element: String?, namespace: String, of target: DeviceTarget
    ) throws(LibvirtError)
    /// Asks the running guest to let go of our watchdog, of which QEMU knows and libvirt does not.
    ///
    /// - Returns: Whether it has.
    func letGoOfForgottenWatchdog() throws(LibvirtError) -> Bool
    /// Adds a device.
    func attach(device xml: String, to target: DeviceTarget) throws(LibvirtError)
    /// Takes a device out, or asks the running guest to let go of it.
    func detach(alias: String, from target: DeviceTarget) throws(LibvirtError)
}

extension Guest: ProtectableGuest {}
