internal import CLibvirt
internal import Glibc
internal import Synchronization
internal import System

/// Whether the loop has a thread.
private let hasThread = Mutex(false)

/// libvirt's event loop, run by whoever waits for something.
///
/// It has to be there before the connection is opened whose events are waited for.
package final class EventLoop {
    /// How often whoever waits can look around, in milliseconds.
    private static let interval: CInt = 20

    private let timer: CInt

    /// Registers the loop; the C functions are `virEventRegisterDefaultImpl` and
    /// `virEventAddTimeout`.
    package init() throws(LibvirtError) {
        if virEventRegisterDefaultImpl() < 0 { throw .last() }
        // Without it a turn would last until something comes in.
        timer = virEventAddTimeout(Self.interval, { _, _ in }, nil, nil)
        if timer < 0 { throw .last() }
    }

    deinit {
        virEventRemoveTimeout(timer)
    }

    /// Handles what came in, or waits for it for some milliseconds.
    ///
    /// The C function is `virEventRunDefaultImpl`.
    package func turn() throws(LibvirtError) {
        if virEventRunDefaultImpl() < 0 { throw .last() }
    }

    /// Runs the loop on a thread for as long as the process lives; further calls do nothing.
    ///
    /// The thread sleeps until something comes; libvirt wakes it when another thread adds a connection.
    /// Signals are not delivered to it. The C functions are `virEventRegisterDefaultImpl` and
    /// `virEventRunDefaultImpl`.
    package static func startThread() throws(LibvirtError) {
        try hasThread.withLock { hasThread throws(LibvirtError) in
            guard !hasThread else { return }
            if virEventRegisterDefaultImpl() < 0 { throw .last() }
            hasThread = Thread.detach {
                while true {
                    // Without a pause, an error that stays would use a processor.
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
