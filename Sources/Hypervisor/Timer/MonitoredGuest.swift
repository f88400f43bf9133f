internal import CLibvirt
internal import Glibc
public import WatchdogPolicy

/// A guest whose QEMU can be asked by its monitor.
///
/// libvirt marks a guest whose monitor somebody else used as tainted (`custom-monitor`): in its log
/// and in `virsh dominfo`, until the guest is shut off. Nothing else comes of it.
public protocol MonitoredGuest {
    /// Runs a command of the machine protocol, QMP, and returns the answer's JSON.
    func ask(machine command: String) throws(LibvirtError) -> String
    /// Runs a command of the human monitor, and returns what it prints.
    func ask(human command: String) throws(LibvirtError) -> String
    /// What the guest is doing.
    func state() throws(LibvirtError) -> GuestState
    /// Stops the guest's processors.
    func suspend() throws(LibvirtError)
    /// Lets the guest's processors run on.
    func resume() throws(LibvirtError)
    /// The same guest over a new connection.
    func reconnected() throws(LibvirtError) -> Self
}

extension Guest: MonitoredGuest {
    /// Runs a command of QMP; the C function is `virDomainQemuMonitorCommand`.
    public func ask(machine command: String) throws(LibvirtError) -> String {
        try ask(command, flags: VIR_DOMAIN_QEMU_MONITOR_COMMAND_DEFAULT.rawValue)
    }

    /// Runs a command of the human monitor; the C function is `virDomainQemuMonitorCommand` with
    /// `VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP`.
    public func ask(human command: String) throws(LibvirtError) -> String {
        try ask(command, flags: VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP.rawValue)
    }

    /// Connects to the same daemon anew and looks the guest up there.
    public func reconnected() throws(LibvirtError) -> Guest {
        try Connection(to: connection.requestedURI).guest(uuid: uuid)
    }

    private func ask(_ command: String, flags: UInt32) throws(LibvirtError) -> String {
        var answer: UnsafeMutablePointer<CChar>?
        try check(virDomainQemuMonitorCommand(pointer, command, &answer, flags))
        guard let answer else { return "" }
        defer { free(answer) }
        return String(cString: answer)
    }

    /// Whether libvirt could talk to QEMU at once: no job of its own is under way, and QEMU answers.
    ///
    /// The C function is `virDomainGetControlInfo`.
    public func isControllable() throws(LibvirtError) -> Bool {
        var information = virDomainControlInfo()
        try check(virDomainGetControlInfo(pointer, &information, 0))
        return information.state == UInt32(VIR_DOMAIN_CONTROL_OK.rawValue)
    }
}
