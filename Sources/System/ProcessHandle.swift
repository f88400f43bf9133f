// SPDX-License-Identifier: Apache-2.0

internal import CSupport
internal import Glibc

/// A running process that gets a signal, and no later process with the same number.
///
/// The C functions are `pidfd_open` and `pidfd_send_signal`; on Linux before 5.3, `kill` after another
/// look at the start time.
package struct ProcessHandle: ~Copyable {
    private let id: Int32
    private let startTicks: UInt64
    /// The process's descriptor, or -1 where the kernel gives none.
    private let descriptor: CInt

    /// Opens a process.
    ///
    /// - Parameters:
    ///   - id: The process ID.
    ///   - startTicks: The start time, in the kernel's ticks since the host started.
    /// - Returns: `nil` if the process is gone, or another process has the number.
    package init?(_ id: Int32, startTicks: UInt64) {
        let descriptor = virt_watchdog_open_process(id)
        guard Self.isRunning(id, startTicks) else {
            if descriptor >= 0 { close(descriptor) }
            return nil
        }
        (self.id, self.startTicks, self.descriptor) = (id, startTicks, descriptor)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Whether the process still runs.
    package var isRunning: Bool { Self.isRunning(id, startTicks) }

    private static func isRunning(_ id: Int32, _ startTicks: UInt64) -> Bool {
        guard let status = ProcessStatus(of: id) else { return false }
        return status.startTicks == startTicks && status.state != "Z"
    }

    /// Sends SIGHUP, on which daemons read their configuration again.
    ///
    /// - Returns: Whether the process got it.
    package func reload() -> Bool { send(SIGHUP) }

    /// Sends SIGTERM.
    ///
    /// - Returns: Whether the process got it.
    package func terminate() -> Bool { send(SIGTERM) }

    private func send(_ signal: CInt) -> Bool {
        guard descriptor < 0 else {
            return virt_watchdog_signal_process(descriptor, signal) == 0
        }
        return isRunning && kill(id, signal) == 0
    }
}
