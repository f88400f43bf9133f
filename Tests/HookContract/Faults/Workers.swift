// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Threads for work that waits, which would hold up the few that asynchronous code has.
enum Workers {
    /// How much is done at once: most of it waits, and some wants a processor for itself.
    private static let count = 6
    private static let room = Room(count)

    /// Does work on a thread of its own, once there is room for it.
    static func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        await room.enter()
        let result = await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: Result(catching: work)) }
        }
        await room.leave()
        return try result.get()
    }

    private actor Room {
        private var free: Int
        private var queue: [CheckedContinuation<Void, Never>] = []

        init(_ size: Int) { free = size }

        func enter() async {
            if free > 0 {
                free -= 1
            } else {
                await withCheckedContinuation { queue.append($0) }
            }
        }

        func leave() {
            if queue.isEmpty { free += 1 } else { queue.removeFirst().resume() }
        }
    }
}
