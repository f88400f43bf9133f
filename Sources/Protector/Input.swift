// SPDX-License-Identifier: Apache-2.0

package import Libvirt
package import WatchdogPolicy

/// An input of the core.
package enum Input: Sendable {
    /// The connection for events and lists is open.
    ///
    /// - Parameter idlesOut: Whether the daemon exits after some time without guests and clients.
    case connected(idlesOut: Bool)
    /// No daemon runs.
    case noDaemon
    /// A daemon runs, and the connection to it failed.
    case connectionFailed(String)
    /// The connection for events and lists is lost.
    case disconnected
    /// The list of running guests has returned.
    case listed(Result<[RunningGuest], LibvirtError>)
    /// libvirt's event about a guest.
    case event(GuestEvent)
    /// A call has returned, perhaps long after the core wrote it off.
    case answered(CallID, Result<Answer, CallFailure>)
    /// The policy was read.
    case policy(Policy)
    /// The policy's file has changed. The policy follows.
    case policyIsChanging
    /// A guest may be about to start.
    case nudged
    /// The operator requests a sweep.
    case sweepRequested
    /// The time of ``Core/nextTimer`` has come.
    case timer
}
