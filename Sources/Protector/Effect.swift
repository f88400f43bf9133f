// SPDX-License-Identifier: Apache-2.0

package import System
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
