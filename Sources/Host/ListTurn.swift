internal import Glibc
internal import System
internal import SystemPackage

/// The turn of a daemon's one-shots to list its guests: one list at a time.
///
/// A list waits for the hooks of all guests, and holds a thread of the daemon meanwhile. The daemon has
/// few of them, and a hundred one-shots may come at once. A list that began after a one-shot came is as
/// good as the one-shot's own.
package struct ListTurn: Sendable {
    /// The file's name in the directory.
    package static let name = "list"
    /// How many milliseconds lie between two attempts to lock the file.
    private static let interval: UInt32 = 5
    /// After how many milliseconds the list of another one-shot counts as blocked.
    private static let patience: UInt32 = 10_000
    /// For how many seconds no other list follows one that has not ended.
    private static let blockedTime: UInt64 = 300

    /// The lists of a directory, in its file.
    private struct Counts {
        /// The number of the last list that began.
        var begun: UInt64 = 0
        /// The number of the last list that ended.
        var ended: UInt64 = 0
        /// When the last list began, in seconds since the host started.
        var time: UInt64 = 0
    }

    /// What came of a turn.
    package enum Outcome<Value> {
        /// The one-shot has listed.
        case listed(Value)
        /// Another list that began later than the one-shot came has ended.
        case unneeded
        /// Another list does not end: one more would hold one more thread of the daemon.
        case blocked
    }

    private let path: String
    private let arrival: UInt64

    /// Takes note of when this one-shot came.
    ///
    /// - Parameter directory: The directory of the lists' file, which is created where it is missing.
    package init(in directory: String) {
        path = directory + "/" + Self.name
        try? ServiceFile.makeDirectory(directory)
        if let file = Self.open(path) {
            arrival = Self.counts(of: file).begun
        } else {
            arrival = 0
        }
    }

    /// Lists when it is this one-shot's turn.
    ///
    /// Where the file cannot be used, the list needs no turn. The C functions are `flock`, `pread` and
    /// `pwrite`.
    ///
    /// - Parameter list: Asks the daemon.
    @discardableResult
    package func take<Value>(_ list: () -> Value) -> Outcome<Value> {
        guard let file = Self.open(path) else { return .listed(list()) }
        var waited: UInt32 = 0
        while flock(file.descriptor.rawValue, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { return .listed(list()) }
            guard waited < Self.patience else { return .blocked }
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
