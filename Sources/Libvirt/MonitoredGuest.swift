internal import CLibvirt
internal import Glibc

/// A guest whose QEMU can be asked by its monitor.
///
/// libvirt then marks the guest as tainted (`custom-monitor`) until it is shut off: in its log and in
/// `virsh dominfo`. Nothing else comes of it.
package protocol MonitoredGuest: Sendable {
    /// Runs a command of the machine protocol, QMP, and returns the answer's JSON.
    func ask(machine command: String) throws(LibvirtError) -> String
    /// Runs a command of the human monitor, and returns what it prints.
    func ask(human command: String) throws(LibvirtError) -> String
}

/// A guest whose guest agent can be asked.
///
/// libvirt then marks the guest as tainted (`custom-ga-command`), as it does for the monitor.
package protocol GuestWithAgent: Sendable {
    /// The same guest for another thread, over a connection on which no call of this thread waits.
    func forAnotherThread() throws(LibvirtError) -> Self
    /// Runs a command of the guest agent and returns the answer's JSON.
    ///
    /// libvirt itself waits up to 5 s for the agent's first sign of life, whatever the timeout is.
    ///
    /// - Parameter timeout: How long the agent may take, in seconds.
    func ask(agent command: String, timeout: Int32) throws(LibvirtError) -> String
}

extension Guest: MonitoredGuest {
    /// Runs a command of QMP; the C function is `virDomainQemuMonitorCommand`.
    package func ask(machine command: String) throws(LibvirtError) -> String {
        try ask(command, flags: VIR_DOMAIN_QEMU_MONITOR_COMMAND_DEFAULT.rawValue)
    }

    /// Runs a command of the human monitor; the C function is `virDomainQemuMonitorCommand` with
    /// `VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP`.
    package func ask(human command: String) throws(LibvirtError) -> String {
        try ask(command, flags: VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP.rawValue)
    }

    private func ask(_ command: String, flags: UInt32) throws(LibvirtError) -> String {
        var answer: UnsafeMutablePointer<CChar>?
        try check(virDomainQemuMonitorCommand(pointer, command, &answer, flags))
        guard let answer else { return "" }
        defer { free(answer) }
        return String(cString: answer)
    }
}

extension Guest: GuestWithAgent {
    /// Looks the guest up over another connection, where there may be one; see
    /// ``Connection/forAnotherThread()``.
    package func forAnotherThread() throws(LibvirtError) -> Guest {
        let other = try connection.forAnotherThread()
        return other === connection ? self : try other.guest(uuid: uuid)
    }

    /// Runs a command of the guest agent; the C function is `virDomainQemuAgentCommand`.
    package func ask(agent command: String, timeout: Int32) throws(LibvirtError) -> String {
        guard let answer = virDomainQemuAgentCommand(pointer, command, timeout, 0) else {
            throw .last()
        }
        defer { free(answer) }
        return String(cString: answer)
    }
}
