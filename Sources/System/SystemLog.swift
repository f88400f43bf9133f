// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

/// The system log behind `/dev/log`: the journal or a syslog daemon.
///
/// The hook must not wait for a blocked log, as `syslog(3)` may. A line that cannot be delivered at once
/// is lost.
package enum SystemLog {
    /// The severity of a line, with syslog's numbers.
    package enum Severity: Int32, Sendable, Comparable {
        /// A failure.
        case error = 3
        /// A problem to look into.
        case warning = 4
        /// A decision or an action.
        case notice = 5
        /// A decision without an action.
        case info = 6

        /// Compares two severities; syslog's highest number is the least severe.
        package static func < (lesser: Severity, greater: Severity) -> Bool {
            lesser.rawValue > greater.rawValue
        }
    }

    /// The tag of each line.
    package static let tag = "virt-watchdog"

    /// Sends one line to the log.
    ///
    /// The C functions are `socket`, `connect` and `send`.
    package static func send(_ line: String, severity: Severity) {
        let message = Message(line, severity: severity)
        message.send()
        message.discard()
    }

    /// Checks that a log accepts lines, and sends none; the C functions are `socket` and `connect`.
    ///
    /// - Parameter path: The socket of the log.
    package static func reach(at path: String = socketPath) throws(Errno) {
        let descriptor = try Errno.retrying { socket(AF_UNIX, socketType, 0) }
        defer { close(descriptor) }
        guard var address = sockaddr_un(path) else { throw Errno(rawValue: ENAMETOOLONG) }
        _ = try Errno.retrying { connect(descriptor, to: &address) }
    }

    /// The log's socket on every host.
    package static let socketPath = "/dev/log"

    /// Computed at each use: a signal handler must not initialise a stored property.
    private static var socketType: CInt {
        CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    }

    /// Sends a line with its priority and tag.
    ///
    /// It does not use Swift's runtime, and allocates no memory.
    package static func send(whole line: StaticString) {
        deliver(UnsafeRawBufferPointer(start: line.utf8Start, count: line.utf8CodeUnitCount))
    }

    /// Sends bytes to the log without waiting; it calls only async-signal-safe functions.
    private static func deliver(_ bytes: UnsafeRawBufferPointer) {
        let descriptor = socket(AF_UNIX, socketType, 0)
        guard descriptor >= 0 else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path: StaticString = "/dev/log"
        memcpy(&address.sun_path, path.utf8Start, path.utf8CodeUnitCount)
        if connect(descriptor, to: &address) == 0 {
            _ = Glibc.send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
        }
        close(descriptor)
    }

    private static func connect(_ descriptor: CInt, to address: inout sockaddr_un) -> CInt {
        address.asGeneric { Glibc.connect(descriptor, $0, $1) }
    }

    /// A composed line, which a signal handler can send.
    package struct Message {
        private static let userFacility: Int32 = 1 << 3
        private let buffer: UnsafeMutableBufferPointer<UInt8>
        /// The place of the two digits.
        private var gap: Int?

        /// Composes a line, whose memory stays until ``discard()``.
        ///
        /// - Parameter placeholder: Two characters in the line, which ``fillIn(_:)`` replaces.
        init(_ line: String, severity: Severity, placeholder: String? = nil) {
            let head = "<\(Self.userFacility | severity.rawValue)>\(SystemLog.tag)[\(getpid())]: "
            let text = Array((head + line).utf8)
            buffer = .allocate(capacity: text.count)
            _ = buffer.initialize(from: text)
            if let placeholder = placeholder.map({ Array($0.utf8) }) {
                // The last one: foreign text may stand before it.
                gap = text.indices.dropLast().last { text[$0...$0 + 1].elementsEqual(placeholder) }
            }
        }

        /// Replaces the placeholder with a number of two digits.
        func fillIn(_ number: Int32) {
            guard let gap else { return }
            buffer[gap] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10 % 10)
            buffer[gap + 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10)
        }

        /// Frees the memory.
        func discard() {
            buffer.deallocate()
        }

        /// Sends the line without waiting; it calls only async-signal-safe functions.
        func send() {
            SystemLog.deliver(UnsafeRawBufferPointer(buffer))
        }
    }
}
