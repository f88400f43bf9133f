// SPDX-License-Identifier: Apache-2.0

internal import HeapModule

/// The timers of a core.
struct Timers: Sendable {
    /// The purpose of a timer.
    enum Purpose: Sendable, Hashable {
        case connect
        case linkLimit
        case sweep
        case nudge
        case list
        case idle
        case queue
        case policy
        /// A guest's next attempt, with the guest's turn when it was set.
        case guest(String, turn: UInt64)
    }

    private struct Entry: Comparable {
        var time: Duration
        var number: UInt64
        var purpose: Purpose

        static func == (left: Entry, right: Entry) -> Bool { left.number == right.number }

        static func < (left: Entry, right: Entry) -> Bool {
            (left.time, left.number) < (right.time, right.number)
        }
    }

    private var heap = Heap<Entry>()
    private var lastNumber: UInt64 = 0
    /// The valid timers, for purposes with at most one timer.
    private var current: [Purpose: UInt64] = [:]

    /// The time of the first timer.
    var next: Duration? { heap.min?.time }

    /// Sets a timer, and replaces one with the same purpose.
    mutating func set(_ purpose: Purpose, for time: Duration) {
        lastNumber += 1
        heap.insert(Entry(time: time, number: lastNumber, purpose: purpose))
        if case .guest = purpose { return }
        current[purpose] = lastNumber
    }

    mutating func cancel(_ purpose: Purpose) {
        current[purpose] = nil
    }

    /// Returns whether a timer of the purpose is set.
    func isSet(_ purpose: Purpose) -> Bool { current[purpose] != nil }

    /// Removes and returns the first timer that is due.
    mutating func takeDue(at now: Duration) -> Purpose? {
        while let first = heap.min, first.time <= now {
            heap.removeMin()
            if case .guest = first.purpose { return first.purpose }
            guard current[first.purpose] == first.number else { continue }
            current[first.purpose] = nil
            return first.purpose
        }
        return nil
    }
}
