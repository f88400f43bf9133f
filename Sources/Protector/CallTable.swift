/// The calls that libvirt has not answered yet.
///
/// A call cannot be cancelled. The core writes off a call over its limit: the call keeps its worker and
/// its connection, and another worker takes their place. Five calls that do not return block their
/// connection, and twenty stop libvirtd for all its clients, so the table limits them.
struct CallTable: Sendable {
    /// How many calls there are at most, those that were written off included.
    static let limit = 4

    /// After how long a call may be one that does not return.
    private static let doubtLimit = Duration.seconds(1)

    private struct Entry {
        var uuid: String
        var start: Duration
        var deadline: Duration
        var isWrittenOff = false
    }

    private var entries: [CallID: Entry] = [:]
    private var lastNumber: UInt64 = 0
    /// How many calls were written off and have not returned.
    private(set) var writtenOffCount = 0
    /// How many calls are kept for guests that have lately shown that their QEMU answers.
    let reserve: Int

    init(reserve: Int) {
        self.reserve = reserve
    }

    /// How many calls have not returned.
    var count: Int { entries.count }

    /// Whether a call about a guest may begin.
    ///
    /// - Parameter isTrusted: Whether the guest's QEMU has lately shown that it answers.
    func hasRoom(forTrusted isTrusted: Bool) -> Bool {
        entries.count < Self.limit - (isTrusted ? 0 : reserve)
    }

    /// Whether calls that were written off leave no room but that of the reserve.
    var isBlocked: Bool { writtenOffCount >= Self.limit - reserve }

    /// Whether the reserve may take a call that QEMU has to answer.
    ///
    /// Guests that freeze at one moment may all have answered just before. So the reserve waits until
    /// it is known which of the other calls return.
    func lendsReserve(at now: Duration) -> Bool {
        entries.values.count { now - $0.start >= Self.doubtLimit } >= Self.limit - reserve
    }

    /// When the core has to look at the table next.
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

    /// Takes a call that has returned out of the table.
    ///
    /// - Returns: The guest's UUID, or nothing where the call is unknown.
    mutating func end(_ id: CallID) -> String? {
        guard let entry = entries.removeValue(forKey: id) else { return nil }
        if entry.isWrittenOff { writtenOffCount -= 1 }
        return entry.uuid
    }

    /// Writes off the calls that are over their limit.
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
