import Hypervisor
import Protector
import WatchdogPolicy

/// What commands say of the service.
struct ServiceAnswer: Encodable {
    /// The service's version.
    var version: String
    /// Its process ID.
    var process: Int32
    /// Whether libvirt's events reach it.
    var connected: Bool
    /// How many guests it gave what the policy wants, since it started.
    var treated: Int
    /// How many guests wait for `apply`, or for their turn in the queue.
    var waiting: Int
    /// How many guests do not answer.
    var notAnswering: Int
    /// How many guests it could not treat.
    var failed: Int

    init(_ state: ServiceState) {
        version = state.version
        process = state.process
        connected = state.isConnected
        treated = state.treated
        waiting = state.waiting.count
        notAnswering = state.notAnswering.count
        failed = state.failed.count
    }

    /// The service as a line.
    ///
    /// - Parameter running: Whether the guests that wait are the service's own affair.
    func line(under running: Policy.Running) -> String {
        var parts = [connected ? "connected" : "not connected to libvirt", "\(treated) treated"]
        if waiting > 0 {
            parts.append(
                running == .new
                    ? "\(waiting) waiting for virt-watchdog apply" : "\(waiting) in its queue")
        }
        if notAnswering > 0 { parts.append("\(notAnswering) not answering") }
        if failed > 0 { parts.append("\(failed) failed") }
        return "Service: \(parts.joined(separator: ", "))."
    }
}

extension Connection {
    /// The state of the service that follows this daemon; nothing where none runs.
    var serviceState: ServiceState? {
        let isSystem = !isElsewhere && isQEMU && uri?.hasSuffix("/system") == true
        return isSystem ? ServiceState.ofRunning() : nil
    }
}
