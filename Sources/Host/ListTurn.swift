// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import System
internal import SystemPackage

/// A queue in which the one-shots of a daemon list its guests, one at a time.
///
/// A list call waits for the hooks of all guests, and blocks one of the daemon's few threads
/// meanwhile. Many one-shots may start at once. A list that began after a one-shot's start serves
/// the one-shot, too.
package struct ListTurn: Sendable {
    /// The file's name in the directory.
    package static let name = "list"
    /// The time between two attempts to lock the file, in milliseconds.
    private static let interval: UInt32 = 5
    /// The time after which another one-shot's list counts as blocked, in milliseconds.
    private static let timeout: UInt32 = 10_000
    /// The time without another list after a list that has not ended, in seconds.
    private static let blockedTime: UInt64 = 300

    /// The contents of the file.
    private struct Counts {
        /// The number of the last list that began.
        var begun: UInt64 = 0
        /// The number of the last list that ended.
        var ended: UInt64 = 0
        /// The time when the last list began, in seconds since the host's boot.
        var time: UInt64 = 0
    }

    /// The result of a turn.
    package enum Outcome<Value> {
        /// The one-shot has listed the guests.
        case listed(Value)
        /// Another one-shot has listed the guests since this one's start.
        case unneeded
        /// Another list does not end, and one more would block one more thread of the daemon.
        case blocked
    }

    private let path: String
    private let arrival: UInt64

    /// Records this one-shot's start.
    ///
    /// - Parameter directory: The directory of the file, which this function creates if it is
    ///   missing.
    package init(in directory: String) {
        path = directory + "/" + Self.name
        try? ServiceFile.makeDirectory(directory)
        if let file = Self.open(path) {
            arrival = Self.counts(of: file).begun
        } else {
            arrival = 0
        }
    }

    /// Waits for this one-shot's turn and lists the guests.
    ///
    /// Without a usable file, it lists at once. The C functions are `flock`, `pread` and `pwrite`.
    ///
    /// - Parameter list: Lists the daemon's guests.
    @discardableResult
    package func take<Value>(_ list: () -> Value) -> Outcome<Value> {
        guard let file = Self.open(path) else { return .listed(list()) }
        var waited: UInt32 = 0
        while flock(file.descriptor.rawValue, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { return .listed(list()) }
            guard waited < Self.timeout else { return .blocked }
            usleep(Self.interval * 1000)
            waited += Self.interval
            if Self.counts(of: file).ended > arrival { return .unneeded }
        }
        var counts = Self.counts(of: file)
        if counts.ended > arrival { return .unneeded }
        let now = UInt64(clamping: Clock.now.components.seconds)
        if counts.begun > counts.ended, now < counts.time + Self.blockedTime { return .blocked }
        counts.begun += 1
        counts.time = now
        Self.write(counts, to: file)
        let value = list()
        counts.ended = counts.begun
        Self.write(counts, to: file)
        return .listed(value)
    }

    private static func open(_ path: String) -> OpenFile? {
        try? OpenFile(sharing: path)
    }

    private static func counts(of file: borrowing OpenFile) -> Counts {
        var counts = Counts()
        let size = MemoryLayout<Counts>.size
        guard pread(file.descriptor.rawValue, &counts, size, 0) == size else { return Counts() }
        return counts
    }

    private static func write(_ counts: Counts, to file: borrowing OpenFile) {
        var counts = counts
        pwrite(file.descriptor.rawValue, &counts, MemoryLayout<Counts>.size, 0)
    }
}
