// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

/// A watch over directories and single files.
///
/// The C interface is [`inotify`](https://man7.org/linux/man-pages/man7/inotify.7.html).
package final class DirectoryWatch: Sendable {
    /// An event in a directory or of a file.
    package struct Event: Sendable, Hashable {
        /// The number that ``DirectoryWatch/add(_:_:)`` returned; -1 if events were lost.
        package var watch: Int32
        /// The kinds of the event, as bits: `IN_CREATE` and the like.
        package var mask: UInt32
        /// The name in the directory, invalid UTF-8 replaced; empty for the watched file or directory
        /// itself.
        package var name: String

        /// Describes an event.
        package init(watch: Int32, mask: UInt32, name: String = "") {
            self.watch = watch
            self.mask = mask
            self.name = name
        }

        /// Whether the kernel dropped events, as it does when its queue is full; `IN_Q_OVERFLOW`.
        package var isOverflow: Bool { mask & UInt32(IN_Q_OVERFLOW) != 0 }
    }

    /// The descriptor, which is readable when there are events.
    package let descriptor: CInt

    /// Watches nothing yet; the C function is `inotify_init1`, with `IN_NONBLOCK` and `IN_CLOEXEC`.
    package init() throws(Errno) {
        descriptor = try Errno.retrying { inotify_init1(CInt(IN_NONBLOCK | IN_CLOEXEC)) }
    }

    deinit {
        close(descriptor)
    }

    /// Watches a directory or a file; the C function is `inotify_add_watch`.
    ///
    /// - Parameter events: The kinds of events, as bits: `IN_OPEN` and the like.
    /// - Returns: A number for the watch, the same one for the same directory or file. `nil` if nothing
    ///   is there or the kernel has no watches left.
    package func add(_ path: String, _ events: UInt32) -> Int32? {
        try? Errno.retrying { inotify_add_watch(descriptor, path, events) }
    }

    /// Ends a watch; the C function is `inotify_rm_watch`.
    ///
    /// Events that came before stay to be read, and one with `IN_IGNORED` follows them.
    package func remove(_ watch: Int32) {
        inotify_rm_watch(descriptor, watch)
    }

    /// Takes the events that have come, oldest first, without waiting; the C function is `read`.
    package func read() -> [Event] {
        var events: [Event] = []
        var buffer = [UInt8](repeating: 0, count: Self.chunkLength)
        while let count = try? Errno.retrying({ Glibc.read(descriptor, &buffer, buffer.count) }),
            count > 0
        {
            events += buffer.withUnsafeBytes {
                Self.events(in: UnsafeRawBufferPointer(rebasing: $0[..<count]))
            }
        }
        return events
    }

    /// Room for many events, and at least for one with the longest name.
    private static let chunkLength = 16 << 10

    private static func events(in bytes: UnsafeRawBufferPointer) -> [Event] {
        let headLength = MemoryLayout<inotify_event>.size
        var events: [Event] = []
        var start = 0
        while start + headLength <= bytes.count {
            let head = bytes.loadUnaligned(fromByteOffset: start, as: inotify_event.self)
            let end = start + headLength + Int(head.len)
            let name = bytes[(start + headLength)..<end].prefix { $0 != 0 }
            events.append(
                Event(watch: head.wd, mask: head.mask, name: String(decoding: name, as: UTF8.self)))
            start = end
        }
        return events
    }
}
