internal import Host
internal import Libvirt
package import System
internal import TimerProbe
package import WatchdogPolicy

/// An action that the core orders from the shell.
package enum Effect: Sendable {
    /// Find the daemon and open the connection for events and lists.
    case connect
    /// Close all connections.
    case disconnect
    /// List the running guests.
    case list
    /// Have an idle worker make a call.
    case call(CallID, Call)
    /// Leave a call's worker and connection alone, and start another worker.
    case abandon(CallID)
    /// Write a line to the log.
    case log(LogLine, SystemLog.Severity)
    /// Record that a run of a guest was treated.
    case remember(uuid: String, RunID)
    /// Record that a guest's watchdog fired.
    case rememberFire(uuid: String, RunFire)
    /// A named guest is done.
    case finished(uuid: String, Outcome)
    /// Hold the service's lock, or release it.
    case serve(Bool)
}

/// The outcome of a named guest.
package struct Outcome: Sendable {
    /// The result in the running guest, or `nil` if it is shut off or was left out.
    package var protection: Result<LiveResult, TreatmentError>?
    /// The result in the persistent domain XML, or `nil` if it was left out.
    package var persistence: Result<ConfigResult, TreatmentError>?
    /// The facts of the last read.
    package var facts: GuestFacts?
    /// The removal's result in the running guest, or `nil` if it was left out.
    package var liveRemoval: Removal?
    /// The removal's result in the persistent domain XML, or `nil` if it was left out.
    package var persistentRemoval: Removal?
    /// The answer for `status`.
    package var inspection: Inspection?

    /// The reason why the guest was not treated, cleaned or read.
    package var error: TreatmentError? {
        guard case .failure(let error) = protection else { return nil }
        return error
    }

    /// Whether the guest matches the policy or no longer runs.
    package var isAsWanted: Bool {
        switch protection {
        case .success(let protection): protection.isConverged
        case .failure(let error): error.isGuestGone
        case nil: true
        }
    }
}
