// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Threads of this process.
package enum Thread {
    /// Runs a closure on a new thread, which blocks all signals.
    ///
    /// The C function is `pthread_create`.
    ///
    /// - Returns: Whether the thread started.
    @discardableResult
    package static func detach(_ body: @escaping @Sendable () -> Void) -> Bool {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let job = Unmanaged.passRetained(Job(body))
        let error = pthread_create(
            &thread, nil,
            { job in
                if let job { Unmanaged<Job>.fromOpaque(job).takeRetainedValue().body() }
                return nil
            }, job.toOpaque())
        if error == 0 { pthread_detach(thread) } else { job.release() }
        return error == 0
    }

    /// Waits for some seconds; the C function is `sleep`.
    package static func sleep(seconds: UInt32) { _ = Glibc.sleep(seconds) }

    private final class Job: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }
}
