// SPDX-License-Identifier: Apache-2.0

internal import CLibvirt
internal import Glibc

/// A guest with access to QEMU's monitor.
///
/// A command makes libvirt taint the guest (`custom-monitor`) until it shuts off. The taint appears
/// in the log and in `virsh dominfo`, and has no other effect.
package protocol MonitoredGuest: Sendable {
    /// Runs a QMP command and returns the answer's JSON.
    func ask(machine command: String) throws(LibvirtError) -> String
    /// Runs a command of the human monitor and returns its output.
    func ask(human command: String) throws(LibvirtError) -> String
}

/// A guest with access to its guest agent.
///
/// A command makes libvirt taint the guest (`custom-ga-command`), as the monitor does.
package protocol GuestWithAgent: Sendable {
    /// Returns the same guest on a connection for another thread.
    func forAnotherThread() throws(LibvirtError) -> Self
    /// Runs a command of the guest agent and returns the answer's JSON.
    ///
    /// libvirt itself waits up to 5 s for the agent's first answer, regardless of the timeout.
    ///
    /// - Parameter timeout: The agent's time for the command, in seconds.
    func ask(agent command: String, timeout: Int32) throws(LibvirtError) -> String
}

extension Guest: MonitoredGuest {
    /// Runs a QMP command. The C function is `virDomainQemuMonitorCommand`.
    package func ask(machine command: String) throws(LibvirtError) -> String {
        try ask(command, flags: VIR_DOMAIN_QEMU_MONITOR_COMMAND_DEFAULT.rawValue)
    }

    /// Runs a command of the human monitor.
    ///
    /// The C function is `virDomainQemuMonitorCommand` with `VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP`.
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
    /// Looks the guest up over another connection, as ``Connection/forAnotherThread()`` allows.
    package func forAnotherThread() throws(LibvirtError) -> Guest {
        let other = try connection.forAnotherThread()
        return other === connection ? self : try other.guest(uuid: uuid)
    }

    /// Runs a command of the guest agent. The C function is `virDomainQemuAgentCommand`.
    package func ask(agent command: String, timeout: Int32) throws(LibvirtError) -> String {
        guard let answer = virDomainQemuAgentCommand(pointer, command, timeout, 0) else {
            throw .last()
        }
        defer { free(answer) }
        return String(cString: answer)
    }
}
