internal import Glibc

/// The turn of a daemon's one-shots to list its guests: one list at a time.
///
/// A list waits for the hooks of all guests, and holds a thread of the daemon meanwhile. The daemon has
/// few of them, and a hundred one-shots may come at once. A list that began after a one-shot came is as
/// good as the one-shot's own.
public struct ListTurn: Sendable {
    /// The file's name in the directory.
    public static let name = "list"
    /// How many milliseconds lie between two attempts to lock the file.
    private static let interval: UInt32 = 5
    /// After how many milliseconds the one-shot lists without its turn: the holder may be stopped.
    private static let patience: UInt32 = 35_000

    /// The lists of a directory, in its file.
    private struct Counts {
        /// The number of the last list that began.
        var begun: UInt64 = 0
        /// The number of the last list that ended.
        var ended: UInt64 = 0
    }

    private let path: String
    private let arrival: UInt64

    /// Takes note of when this one-shot came.
    ///
    /// - Parameter directory: The directory of the lists' file, which is created where it is missing.
    public init(in directory: String) {
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
    /// - Returns: What `list` returned, or `nil` if another list that began later has ended.
    @discardableResult
    public func take<Value>(_ list: () -> Value) -> Value? {
        guard let file = Self.open(path) else { return list() }
        var waited: UInt32 = 0
        while flock(file.number, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, waited < Self.patience else {
                return list()
            }
            usleep(Self.interval * 1000)
            waited += Self.interval
            if Self.counts(of: file).ended > arrival { return nil }
        }
        var counts = Self.counts(of: file)
        if counts.ended > arrival { return nil }
        counts.begun += 1
        Self.write(counts, to: file)
        let value = list()
        counts.ended = counts.begun
        Self.write(counts, to: file)
        return value
    }

    private static func open(_ path: String) -> FileDescriptor? {
        try? FileDescriptor(sharing: path)
    }

    private static func counts(of file: borrowing FileDescriptor) -> Counts {
        var counts = Counts()
        let size = MemoryLayout<Counts>.size
        guard pread(file.number, &counts, size, 0) == size else { return Counts() }
        return counts
    }

    private static func write(_ counts: Counts, to file: borrowing FileDescriptor) {
        var counts = counts
        pwrite(file.number, &counts, MemoryLayout<Counts>.size, 0)
    }
}
