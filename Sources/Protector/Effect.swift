internal import Host
internal import Libvirt
package import System
internal import TimerProbe
package import WatchdogPolicy

/// What the core has the shell do.
package enum Effect: Sendable {
    /// Find the daemon and open the connection for events and lists.
    case connect
    /// Close all connections.
    case disconnect
    /// List the running guests.
    case list
    /// Have an idle worker make a call.
    case call(CallID, Call)
    /// Leave the worker of a call to itself, with its connection, and start another worker.
    case abandon(CallID)
    /// Write a line to the log.
    case log(LogLine, SystemLog.Severity)
    /// Remember that a run of a guest was treated.
    case remember(uuid: String, RunID)
    /// Remember that a guest's watchdog fired.
    case rememberFire(uuid: String, RunFire)
    /// The guest is done; only in a scope of named guests.
    case finished(uuid: String, Outcome)
    /// Hold the service's lock, or release it.
    case serve(Bool)
}

/// How a guest ended up that was named.
package struct Outcome: Sendable {
    /// What became of the running guest, or nothing where the guest does not run or was not to be treated.
    package var protection: Result<LiveResult, TreatmentError>?
    /// What became of the persistent definition, or nothing where it was not to be changed.
    package var persistence: Result<ConfigResult, TreatmentError>?
    /// The facts that were read last.
    package var facts: GuestFacts?
    /// What became of our device in the running guest, or nothing where it was not to be removed.
    package var liveRemoval: Removal?
    /// What became of our device in the persistent definition, or nothing where it was not to be removed.
    package var persistentRemoval: Removal?
    /// What `status` shows.
    package var inspection: Inspection?

    /// Why the guest could not be treated, removed from, or read.
    package var error: TreatmentError? {
        guard case .failure(let error) = protection else { return nil }
        return error
    }

    /// Whether the guest is as the policy wants it, or does not run any more.
    package var isAsWanted: Bool {
        switch protection {
        case .success(let protection): protection.isConverged
        case .failure(let error): error.isGuestGone
        case nil: true
        }
    }
}
