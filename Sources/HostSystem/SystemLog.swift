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

    static let tag = "virt-watchdog"

    /// Sends one line to the log.
    ///
    /// The C functions are `socket`, `connect` and `send`.
    public static func send(_ line: String, severity: Severity) {
        var message = Message(line, severity: severity)
        message.send()
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
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { path in
                path.copyBytes(from: "/dev/log".utf8)
            }
        }

        /// Sends the line without waiting.
        mutating func send() {
            let type = CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
            let descriptor = socket(AF_UNIX, type, 0)
            guard descriptor >= 0 else { return }
            withUnsafePointer(to: &address) { address in
                let length = socklen_t(MemoryLayout<sockaddr_un>.size)
                let generic = UnsafeRawPointer(address).assumingMemoryBound(to: sockaddr.self)
                if connect(descriptor, generic, length) == 0 {
                    _ = Glibc.send(
                        descriptor, buffer.baseAddress, buffer.count,
                        CInt(MSG_NOSIGNAL))
                }
            }
            close(descriptor)
        }
    }
}
