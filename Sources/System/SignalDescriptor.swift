// SPDX-License-Identifier: Apache-2.0

internal import CSupport
internal import Glibc
package import SystemPackage

/// The signals that end or reload a service, as a descriptor to read them from.
///
/// The signals are SIGTERM, SIGINT and SIGHUP.
package final class SignalDescriptor: Sendable {
    /// The descriptor, which is readable when a signal has arrived.
    package let descriptor: CInt

    /// Blocks the signals in this thread and those that it starts, and opens the descriptor.
    ///
    /// Call it before there are other threads: a signal goes to a thread that does not block it. The C
    /// functions are `pthread_sigmask` and `signalfd`.
    package init() throws(Errno) {
        let signals = [SIGTERM, SIGINT, SIGHUP]
        descriptor = try Errno.retrying { virt_watchdog_open_signals(signals, CInt(signals.count)) }
    }

    deinit {
        close(descriptor)
    }

    /// Reads the number of a signal that has arrived, without waiting; the C function is `read`.
    package func read() -> Int32? {
        let signal = virt_watchdog_read_signal(descriptor)
        return signal == 0 ? nil : signal
    }
}
