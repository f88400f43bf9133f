// SPDX-License-Identifier: Apache-2.0

/// The calls in flight.
///
/// A call cannot be cancelled. The core writes off a call over its limit. That call keeps its
/// worker and its connection, and another worker takes their place. Five calls that never return
/// block their connection, and twenty stop libvirtd for all clients. The table limits them.
struct CallTable: Sendable {
    /// The limit for calls in flight, written-off calls included.
    static let limit = 4

    /// The age at which a call may never return.
    private static let doubtLimit = Duration.seconds(1)

    private struct Entry {
        var uuid: String
        var start: Duration
        var deadline: Duration
        var isWrittenOff = false
    }

    private var entries: [CallID: Entry] = [:]
    private var lastNumber: UInt64 = 0
    /// The number of written-off calls that have not returned.
    private(set) var writtenOffCount = 0
    /// The number of calls reserved for guests whose QEMU has recently answered.
    let reserve: Int

    init(reserve: Int) {
        self.reserve = reserve
    }

    /// The number of calls in flight.
    var count: Int { entries.count }

    /// Returns whether a call about a guest may begin.
    ///
    /// - Parameter isTrusted: Whether the guest's QEMU has recently answered.
    func hasRoom(forTrusted isTrusted: Bool) -> Bool {
        entries.count < Self.limit - (isTrusted ? 0 : reserve)
    }

    /// Whether written-off calls fill all room outside the reserve.
    var isBlocked: Bool { writtenOffCount >= Self.limit - reserve }

    /// Returns whether the reserve may take a call that QEMU has to answer.
    ///
    /// Guests that freeze together may all have answered just before. The reserve waits until the
    /// other calls are old enough to tell.
    func lendsReserve(at now: Duration) -> Bool {
        entries.values.count { now - $0.start >= Self.doubtLimit } >= Self.limit - reserve
    }

    /// Returns the time of the next change in the table.
    func nextTime(after now: Duration) -> Duration? {
        var next: Duration?
        for entry in entries.values where !entry.isWrittenOff {
            let doubt = entry.start + Self.doubtLimit
            let time = doubt > now ? min(doubt, entry.deadline) : entry.deadline
            next = min(next ?? time, time)
        }
        return next
    }

    mutating func begin(
        about uuid: String, at now: Duration, until deadline: Duration
    ) -> CallID {
        lastNumber += 1
        let id = CallID(number: lastNumber)
        entries[id] = Entry(uuid: uuid, start: now, deadline: deadline)
        return id
    }

    /// Removes a call that has returned.
    ///
    /// - Returns: The guest's UUID, or `nil` for an unknown call.
    mutating func end(_ id: CallID) -> String? {
        guard let entry = entries.removeValue(forKey: id) else { return nil }
        if entry.isWrittenOff { writtenOffCount -= 1 }
        return entry.uuid
    }

    /// Writes off the calls over their limit.
    mutating func writeOff(at now: Duration) -> [(id: CallID, uuid: String)] {
        var overdue: [(id: CallID, uuid: String)] = []
        for (id, entry) in entries where !entry.isWrittenOff && entry.deadline <= now {
            overdue.append((id, entry.uuid))
        }
        overdue.sort { $0.id.number < $1.id.number }
        for (id, _) in overdue { entries[id]?.isWrittenOff = true }
        writtenOffCount += overdue.count
        return overdue
    }
}
