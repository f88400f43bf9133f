// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A semaphore of the C library; the C type is `sem_t`.
package final class POSIXSemaphore: @unchecked Sendable {
    private let semaphore: UnsafeMutablePointer<sem_t>

    /// Creates a semaphore with a count of zero; the C function is `sem_init`.
    package init() {
        semaphore = .allocate(capacity: 1)
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    /// Increments the count; the C function is `sem_post`.
    package func post() {
        sem_post(semaphore)
    }

    /// Waits for a count above zero, and decrements it; the C function is `sem_wait`.
    package func wait() {
        while sem_wait(semaphore) != 0, errno == EINTR {}
    }

    /// Waits for a count above zero, and decrements it.
    ///
    /// The C function is `sem_timedwait`.
    ///
    /// - Parameter part: The timeout: one second divided by this number.
    /// - Returns: Whether the count was above zero in time.
    package func wait(forPartOfSecond part: Int) -> Bool {
        var deadline = timespec()
        clock_gettime(CLOCK_REALTIME, &deadline)
        deadline.tv_nsec += 1_000_000_000 / part
        if deadline.tv_nsec >= 1_000_000_000 {
            deadline.tv_nsec -= 1_000_000_000
            deadline.tv_sec += 1
        }
        while sem_timedwait(semaphore, &deadline) != 0 {
            if errno != EINTR { return false }
        }
        return true
    }
}
