internal import Glibc

/// The system's log, by way of `/dev/log`: the journal, or whichever syslog daemon runs.
///
/// The hook must not wait for a log that is stuck, as `syslog(3)` may; a line that cannot be
/// delivered at once is lost.
package enum SystemLog {
    /// How much a line matters, with syslog's numbers.
    package enum Severity: Int32, Sendable, Comparable {
        /// Something does not work.
        case error = 3
        /// Somebody should look.
        case warning = 4
        /// Something was decided or done.
        case notice = 5
        /// Nothing to do.
        case info = 6

        /// Compares how much two lines matter; syslog has the highest number for what matters least.
        package static func < (lesser: Severity, greater: Severity) -> Bool {
            lesser.rawValue > greater.rawValue
        }
    }

    /// What each line of ours bears.
    package static let tag = "virt-watchdog"

    /// Sends one line to the log.
    ///
    /// The C functions are `socket`, `connect` and `send`.
    package static func send(_ line: String, severity: Severity) {
        let message = Message(line, severity: severity)
        message.send()
        message.discard()
    }

    /// Asks whether somebody takes lines, and sends none; the C functions are `socket` and `connect`.
    ///
    /// - Parameter path: The socket of the log.
    package static func reach(at path: String = socketPath) throws(Errno) {
        let descriptor = try retrying { socket(AF_UNIX, socketType, 0) }
        defer { close(descriptor) }
        guard var address = sockaddr_un(path) else { throw Errno(code: ENAMETOOLONG) }
        _ = try retrying { connect(descriptor, to: &address) }
    }

    /// The socket that every program of a host sends its lines to.
    package static let socketPath = "/dev/log"

    /// Computed each time: a signal handler must not set up a stored one.
    private static var socketType: CInt {
        CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    }

    /// Sends a line that is as it goes to the log, its head included.
    ///
    /// It uses nothing of Swift's runtime and takes no memory.
    package static func send(whole line: StaticString) {
        deliver(UnsafeRawBufferPointer(start: line.utf8Start, count: line.utf8CodeUnitCount))
    }

    /// Sends bytes to the log without waiting, with nothing but functions that are safe in a handler
    /// of signals.
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

    /// A line in the form that it is sent in, which takes no memory to send.
    ///
    /// `send()` calls nothing but functions that are safe in a signal handler.
    package struct Message {
        private static let userFacility: Int32 = 1 << 3
        private let buffer: UnsafeMutableBufferPointer<UInt8>
        /// Where two digits are filled in.
        private var gap: Int?

        /// Composes a line; its memory is kept until ``discard()``.
        ///
        /// - Parameter placeholder: Two characters in the line that a number is to take the place of.
        init(_ line: String, severity: Severity, placeholder: String? = nil) {
            let head = "<\(Self.userFacility | severity.rawValue)>\(SystemLog.tag)[\(getpid())]: "
            let text = Array((head + line).utf8)
            buffer = .allocate(capacity: text.count)
            _ = buffer.initialize(from: text)
            if let placeholder = placeholder.map({ Array($0.utf8) }) {
                // The last one: what stands before it may be foreign.
                gap = text.indices.dropLast().last { text[$0...$0 + 1].elementsEqual(placeholder) }
            }
        }

        /// Writes a number of two digits into its place.
        func fillIn(_ number: Int32) {
            guard let gap else { return }
            buffer[gap] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10 % 10)
            buffer[gap + 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10)
        }

        /// Frees the memory.
        func discard() {
            buffer.deallocate()
        }

        /// Sends the line without waiting.
        func send() {
            SystemLog.deliver(UnsafeRawBufferPointer(buffer))
        }
    }
}
