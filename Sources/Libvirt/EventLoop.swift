// SPDX-License-Identifier: Apache-2.0

internal import CLibvirt
internal import Glibc
internal import Synchronization
internal import System

/// Whether a thread runs the loop.
private let hasThread = Mutex(false)

/// libvirt's event loop, turned by the thread that waits for events.
///
/// Create it before you open a connection with events.
package final class EventLoop {
    /// The longest wait of a turn, in milliseconds.
    private static let interval: CInt = 20

    private let timer: CInt

    /// Registers the loop. The C functions are `virEventRegisterDefaultImpl` and
    /// `virEventAddTimeout`.
    package init() throws(LibvirtError) {
        if virEventRegisterDefaultImpl() < 0 { throw .last() }
        // Without a timer, a turn waits until the next event.
        timer = virEventAddTimeout(Self.interval, { _, _ in }, nil, nil)
        if timer < 0 { throw .last() }
    }

    deinit {
        virEventRemoveTimeout(timer)
    }

    /// Handles pending events, or waits for one for some milliseconds.
    ///
    /// The C function is `virEventRunDefaultImpl`.
    package func turn() throws(LibvirtError) {
        if virEventRunDefaultImpl() < 0 { throw .last() }
    }

    /// Runs the loop on a thread until the process ends. Further calls do nothing.
    ///
    /// The thread sleeps until an event arrives. libvirt wakes it when another thread adds a
    /// connection. The thread blocks all signals. The C functions are `virEventRegisterDefaultImpl`
    /// and `virEventRunDefaultImpl`.
    package static func startThread() throws(LibvirtError) {
        try hasThread.withLock { hasThread throws(LibvirtError) in
            guard !hasThread else { return }
            if virEventRegisterDefaultImpl() < 0 { throw .last() }
            hasThread = Thread.detach {
                while true {
                    // Without a pause, a lasting error would keep a processor busy.
                    if virEventRunDefaultImpl() < 0 { sleep(1) }
                }
            }
            guard hasThread else {
                throw LibvirtError(
                    code: .systemError, message: "cannot start a thread for libvirt's events")
            }
        }
    }
}
