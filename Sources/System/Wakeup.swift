// SPDX-License-Identifier: Apache-2.0

internal import CSupport
internal import Glibc
package import SystemPackage

/// Wakes a thread that waits in ``Poll/readable(among:timeout:)``; any thread may call it.
///
/// The C function is `eventfd`.
package final class Wakeup: Sendable {
    /// The descriptor, which is readable from a ``post()`` to the next ``drain()``.
    package let descriptor: CInt

    /// Opens the descriptor; the C function is `eventfd`, with `EFD_NONBLOCK` and `EFD_CLOEXEC`.
    package init() throws(Errno) {
        let flags = CInt(EFD_NONBLOCK | EFD_CLOEXEC)
        descriptor = try Errno.retrying { eventfd(0, flags) }
    }

    deinit {
        close(descriptor)
    }

    /// Makes the descriptor readable; the C function is `write`.
    package func post() {
        var one: UInt64 = 1
        _ = try? Errno.retrying { write(descriptor, &one, MemoryLayout<UInt64>.size) }
    }

    /// Makes the descriptor unreadable; the C function is `read`.
    package func drain() {
        var count: UInt64 = 0
        _ = try? Errno.retrying { read(descriptor, &count, MemoryLayout<UInt64>.size) }
    }
}
