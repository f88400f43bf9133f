package import Libvirt
internal import TimerProbe
package import WatchdogPolicy

/// What the shell tells the core.
package enum Input: Sendable {
    /// The connection for events and lists is open.
    ///
    /// - Parameter idlesOut: Whether the daemon ends after some time without guests and clients.
    case connected(idlesOut: Bool)
    /// No daemon runs.
    case noDaemon
    /// A daemon runs, and the connection to it failed.
    case connectionFailed(String)
    /// The connection for events and lists is lost.
    case disconnected
    /// The answer to a list of running guests.
    case listed(Result<[RunningGuest], LibvirtError>)
    /// libvirt's event about a guest.
    case event(GuestEvent)
    /// The answer to a call, also long after the core wrote the call off.
    case answered(CallID, Result<Answer, CallFailure>)
    /// The policy was read.
    case policy(Policy)
    /// The policy's file has changed; the policy follows.
    case policyIsChanging
    /// A guest may be about to start.
    case nudged
    /// The operator asks for a sweep.
    case sweepRequested
    /// The time of ``Core/nextTimer`` has come.
    case timer
}
