internal import Glibc

/// The system's log, by way of `/dev/log`: the journal, or whichever syslog daemon runs.
///
/// The hook must not wait for a log that is stuck, as `syslog(3)` may; a line that cannot be
/// delivered at once is lost.
public enum SystemLog {
    /// How much a line matters, with syslog's numbers.
    public enum Severity: Int32, Sendable {
        /// Something does not work.
        case error = 3
        /// Somebody should look.
        case warning = 4
        /// Something was decided or done.
        case notice = 5
        /// Nothing to do.
        case info = 6
    }

    /// What each line of ours bears.
    public static let tag = "virt-watchdog"

    /// Sends one line to the log.
    ///
    /// The C functions are `socket`, `connect` and `send`.
    public static func send(_ line: String, severity: Severity) {
        var message = Message(line, severity: severity)
        message.send()
    }

    /// Asks whether somebody takes lines, and sends none; the C functions are `socket` and `connect`.
    ///
    /// - Parameter path: The socket of the log.
    public static func reach(at path: String = socketPath) throws(Errno) {
        let descriptor = try retrying { socket(AF_UNIX, socketType, 0) }
        defer { close(descriptor) }
        guard var address = sockaddr_un(path) else { throw Errno(code: ENAMETOOLONG) }
        _ = try retrying { connect(descriptor, to: &address) }
    }

    /// The socket that every program of a host sends its lines to.
    public static let socketPath = "/dev/log"

    /// Computed each time: a signal handler must not set up a stored one.
    private static var socketType: CInt {
        CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    }

    private static func connect(_ descriptor: CInt, to address: inout sockaddr_un) -> CInt {
        address.asGeneric { Glibc.connect(descriptor, $0, $1) }
    }

    /// A line in the form that it is sent in, which takes no memory to send.
    ///
    /// `send()` calls nothing but functions that are safe in a signal handler.
    struct Message {
        private static let userFacility: Int32 = 1 << 3
        private let buffer: UnsafeMutableBufferPointer<UInt8>
        private var address = sockaddr_un()

        /// Composes a line; its memory is never given back, since processes that log are short.
        init(_ line: String, severity: Severity) {
            let text =
                "<\(Self.userFacility | severity.rawValue)>\(SystemLog.tag)[\(getpid())]: \(line)"
            buffer = .allocate(capacity: text.utf8.count)
            _ = buffer.initialize(from: text.utf8)
            if let log = sockaddr_un(SystemLog.socketPath) { address = log }
        }

        /// Sends the line without waiting.
        mutating func send() {
            let descriptor = socket(AF_UNIX, SystemLog.socketType, 0)
            guard descriptor >= 0 else { return }
            if SystemLog.connect(descriptor, to: &address) == 0 {
                _ = Glibc.send(descriptor, buffer.baseAddress, buffer.count, CInt(MSG_NOSIGNAL))
            }
            close(descriptor)
        }
    }
}
