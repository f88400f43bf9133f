// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Blocking calls with a timeout.
package enum TimedCall {
    /// How often the waiting thread checks whether to wait any longer.
    private static let checksPerSecond = 5

    /// Runs a blocking call on a background thread.
    ///
    /// A call that times out keeps its thread until the process ends. Signals are not delivered to the
    /// thread. The C functions are `pthread_create` and `sem_timedwait`.
    ///
    /// - Parameters:
    ///   - timeout: The timeout in seconds.
    ///   - isOver: Whether to stop waiting before the timeout; called several times a second.
    ///   - call: The call.
    /// - Returns: The result; `nil` if the call did not return in time.
    package static func run<Value: Sendable>(
        timeout: Int, unless isOver: () -> Bool = { false },
        _ call: @escaping @Sendable () -> Value
    ) -> Value? {
        let answer = Answer<Value>()
        Thread.detach { answer.set(call()) }
        var checks = timeout * checksPerSecond
        while !answer.arrived.wait(forPartOfSecond: checksPerSecond) {
            checks -= 1
            if checks <= 0 || isOver() { break }
        }
        return answer.value
    }

    private final class Answer<Value: Sendable>: Sendable {
        let arrived = POSIXSemaphore()
        private let stored = Mutex<Value?>(nil)

        var value: Value? { stored.withLock { $0 } }

        func set(_ value: Value) {
            stored.withLock { $0 = value }
            arrived.post()
        }
    }
}
