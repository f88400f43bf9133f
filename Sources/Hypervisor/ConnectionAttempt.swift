internal import Glibc

extension Connection {
    /// Connects to a daemon, and gives up where it does not answer in time.
    ///
    /// libvirt itself waits for as long as the daemon takes, for ever if it hangs. The thread that
    /// waits then stays behind.
    public static func open(
        to uri: String? = nil, readOnly: Bool, within limit: Duration
    ) throws(LibvirtError) -> Connection {
        try ConnectionAttempt(to: uri, readOnly: readOnly).result(within: limit)
    }
}

/// A connection that another thread opens.
///
/// Only that thread touches the result until it has ended.
private final class ConnectionAttempt: @unchecked Sendable {
    private let uri: String?
    private let readOnly: Bool
    private var result: Result<Connection, LibvirtError> = .failure(
        LibvirtError(code: .systemError, message: "no thread can be started"))
    /// The ends of a pipe; the thread closes the writing end when it is done.
    private var readingEnd: CInt = -1
    private var writingEnd: CInt = -1

    init(to uri: String?, readOnly: Bool) {
        self.uri = uri
        self.readOnly = readOnly
    }

    deinit {
        for end in [readingEnd, writingEnd] where end >= 0 { close(end) }
    }

    /// The C functions are `pthread_create`, `poll` and `pthread_join`.
    func result(within limit: Duration) throws(LibvirtError) -> Connection {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { return try result.get() }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (readingEnd, writingEnd) = (ends[0], ends[1])
        var thread = pthread_t()
        let attempt = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread, nil,
            { attempt in
                if let attempt {
                    Unmanaged<ConnectionAttempt>.fromOpaque(attempt).takeRetainedValue().connect()
                }
                return nil
            }, attempt.toOpaque())
        guard code == 0 else {
            attempt.release()
            return try result.get()
        }
        guard isDone(within: limit) else {
            pthread_detach(thread)
            throw LibvirtError(
                code: .operationTimeout,
                message: "no answer within \(limit.components.seconds) seconds")
        }
        pthread_join(thread, nil)
        return try result.get()
    }

    private func connect() {
        do throws(LibvirtError) {
            result = .success(try Connection(to: uri, readOnly: readOnly))
        } catch {
            result = .failure(error)
        }
        close(writingEnd)
        writingEnd = -1
    }

    private func isDone(within limit: Duration) -> Bool {
        let end = ContinuousClock.now + limit
        var reading = pollfd(fd: readingEnd, events: Int16(POLLIN), revents: 0)
        while ContinuousClock.now < end {
            if poll(&reading, 1, 100) > 0 { return true }
        }
        return false
    }
}
