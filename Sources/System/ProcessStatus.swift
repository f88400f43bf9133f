// SPDX-License-Identifier: Apache-2.0

/// The status of a process.
///
/// The file is [`/proc/PID/stat`](https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html).
package struct ProcessStatus: Sendable, Hashable {
    /// The program's name, at most 15 bytes.
    package var name: String
    /// The process ID of the parent, or 0.
    package var parent: Int32
    /// The state: `T` for a process that a signal has stopped, `Z` for a process that has ended and whose
    /// parent has not waited for it yet.
    package var state: Character
    /// When the process started, in kernel ticks since the host's boot.
    package var startTicks: UInt64

    /// Reads the status of a process; returns `nil` if it has ended or is hidden from this user.
    package init?(of id: Int32) {
        guard let bytes = try? File.read("/proc/\(id)/stat", limit: 4096) else { return nil }
        self.init(parsing: String(decoding: bytes, as: UTF8.self))
    }

    /// Parses the text of a file `stat`; returns `nil` if the text is not valid.
    ///
    /// The second field is the program's name in parentheses, which may contain blanks and parentheses.
    /// The state is the third field, the start the 22nd.
    package init?(parsing stat: String) {
        guard let start = stat.firstIndex(of: "("), let end = stat.lastIndex(of: ")"), start < end
        else { return nil }
        let fields = stat[end...].split(separator: " ")
        guard fields.count > 20, fields[1].count == 1, let state = fields[1].first,
            let parent = Int32(fields[2]), let startTicks = UInt64(fields[20])
        else { return nil }
        name = String(stat[stat.index(after: start)..<end])
        self.parent = parent
        self.state = state
        self.startTicks = startTicks
    }

    /// Whether the process has ended.
    package var hasEnded: Bool { state == "Z" || state == "X" }
}
