internal import CSupport
internal import Glibc

/// Wakes a thread that waits in ``poll(descriptors:timeout:)``; any thread may call it.
///
/// The C function is `eventfd`.
package final class Wakeup: Sendable {
    /// The descriptor, which is readable from a ``post()`` to the next ``drain()``.
    package let descriptor: CInt

    /// Opens the descriptor; the C function is `eventfd`, with `EFD_NONBLOCK` and `EFD_CLOEXEC`.
    package init() throws(Errno) {
        let flags = CInt(EFD_NONBLOCK | EFD_CLOEXEC)
        descriptor = try retrying { eventfd(0, flags) }
    }

    deinit {
        close(descriptor)
    }

    /// Makes the descriptor readable; the C function is `write`.
    package func post() {
        var one: UInt64 = 1
        _ = try? retrying { write(descriptor, &one, MemoryLayout<UInt64>.size) }
    }

    /// Makes the descriptor unreadable; the C function is `read`.
    package func drain() {
        var count: UInt64 = 0
        _ = try? retrying { read(descriptor, &count, MemoryLayout<UInt64>.size) }
    }
}

/// Waits until descriptors are readable or broken.
///
/// The C function is `poll`.
///
/// - Parameter timeout: The longest wait, rounded up to milliseconds; `nil` for no limit.
/// - Returns: The ready descriptors. None if the time is over, or if a signal handler ran.
package func poll(descriptors: [Int32], timeout: Duration?) -> [Int32] {
    var waiting = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let milliseconds = timeout.map {
        CInt(clamping: Int64(max(0, ($0 / .milliseconds(1)).rounded(.up))))
    }
    guard Glibc.poll(&waiting, nfds_t(waiting.count), milliseconds ?? -1) > 0 else { return [] }
    return waiting.filter { $0.revents != 0 }.map(\.fd)
}
