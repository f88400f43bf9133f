// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// A command under way, with pipes to its three standard streams, as libvirt runs a hook.
///
/// Like libvirt, it hands down no other descriptor, no blocked and no ignored signal. Until
/// ``finish(within:)`` the command's input stays open. The command leads a process group of its own.
public final class RunningCommand {
    /// The number of the process.
    public let id: pid_t
    private var input: Int32
    private let output: Int32
    private let error: Int32
    private var pending = Data()
    private var isOver = false

    /// What ended, and when.
    public struct Ending {
        /// The exit status and the output.
        public var outcome: Command.Outcome
        /// How long it took, from ``RunningCommand/finish(within:)`` on, until both streams that
        /// the command writes to were at their end and it was gone.
        public var duration: Duration
    }

    /// The command, or a child that holds its streams, took too long.
    public struct TimeLimitExceeded: Error, CustomStringConvertible {
        /// How long it was waited for.
        public var limit: Duration
        /// The processes of its group by then, and what each waits for in the kernel.
        public var processes: [String]

        /// A sentence for the test's report.
        public var description: String {
            "the command is not over after \(limit); of its group there are \(processes)"
        }
    }

    /// Starts a command; its `input` is ignored in favour of ``write(_:)``.
    ///
    /// - Parameter moreArguments: Arguments that need not be UTF-8, behind the command's own.
    public init(_ command: Command, moreArguments: [[UInt8]] = []) throws {
        // No other child may inherit an end before it is marked.
        Self.spawning.lock()
        defer { Self.spawning.unlock() }
        let inputs = try Self.pipe()
        let outputs = try Self.pipe()
        let errors = try Self.pipe()
        defer { for end in [inputs.read, outputs.write, errors.write] { close(end) } }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, inputs.read, 0)
        posix_spawn_file_actions_adddup2(&actions, outputs.write, 1)
        posix_spawn_file_actions_adddup2(&actions, errors.write, 2)
        for other in Self.otherDescriptors { posix_spawn_file_actions_addclose(&actions, other) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK)
                | Int16(POSIX_SPAWN_SETPGROUP))

        let words = ([command.path] + command.arguments).map { Array($0.utf8) } + moreArguments
        var arguments = words.map { Self.cString($0) } + [nil]
        var environment =
            command.environment.map { Self.cString(Array("\($0.key)=\($0.value)".utf8)) } + [nil]
        defer { for string in arguments + environment { free(string) } }

        var id: pid_t = 0
        let code = posix_spawn(
            &id, command.path, &actions, &attributes, &arguments, &environment)
        self.id = id
        (input, output, error) = (inputs.write, outputs.read, errors.read)
        guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO) }
        for end in [input, output, error] {
            _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
        }
    }

    deinit {
        if !isOver { end() }
        closeInput()
        close(output)
        close(error)
    }

    /// Gives the command something to read, as far as the pipe takes it; the rest follows in
    /// ``finish(within:)``.
    public func write(_ data: Data) {
        pending += data
        writePending()
    }

    /// Ends the command's input, now.
    public func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    /// Sends a signal to the command.
    public func send(signal: Int32) {
        if !isOver { kill(id, signal) }
    }

    /// Waits until `isTrue` holds or the limit is over, and tells which.
    public static func wait(within limit: Duration, until isTrue: () -> Bool) -> Bool {
        let end = ContinuousClock.now + limit
        while !isTrue() {
            if ContinuousClock.now > end { return false }
            usleep(2000)
        }
        return true
    }

    /// The processes of a group, zombies included.
    public static func processes(inGroup group: pid_t) -> [pid_t] {
        // Most often there is none, and this says so at once.
        guard kill(-group, 0) == 0 || errno != ESRCH else { return [] }
        return processes { getpgid($0) == group }
    }

    /// The processes of this machine that a condition holds for.
    ///
    /// Tests ask this thousands of times, so that nothing is read of a process but what they ask for.
    public static func processes(where isIncluded: (pid_t) -> Bool) -> [pid_t] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found: [pid_t] = []
        while let entry = readdir(folder) {
            let id = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 1) { pid_t(atoi($0)) }
            }
            if id > 0, isIncluded(id) { found.append(id) }
        }
        return found
    }

    /// Reads the command's output until its streams are closed, and waits for its end.
    ///
    /// - Parameters:
    ///   - limit: When to give up, and end the command.
    ///   - closesInput: Whether the command's input ends once all of it is written.
    public func finish(
        within limit: Duration = .seconds(30), closesInput: Bool = true
    ) throws
        -> Ending
    {
        let start = ContinuousClock.now
        var texts = [output: Data(), error: Data()]
        var open: Set<Int32> = [output, error]
        while !open.isEmpty {
            guard ContinuousClock.now - start < limit else { throw giveUp(after: limit) }
            writePending()
            if pending.isEmpty, closesInput { closeInput() }
            var requests = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            if !pending.isEmpty, input >= 0 {
                requests.append(pollfd(fd: input, events: Int16(POLLOUT), revents: 0))
            }
            poll(&requests, nfds_t(requests.count), 20)
            for stream in open where !Self.drain(stream, into: &texts[stream, default: Data()]) {
                open.remove(stream)
            }
        }
        var status: Int32 = 0
        while waitpid(id, &status, WNOHANG) == 0 {
            guard ContinuousClock.now - start < limit else { throw giveUp(after: limit) }
            usleep(500)
        }
        isOver = true
        let signal = status & 0x7F
        return Ending(
            outcome: Command.Outcome(
                status: signal == 0 ? status >> 8 & 0xFF : -signal,
                output: texts[output] ?? Data(), error: texts[error] ?? Data()),
            duration: ContinuousClock.now - start)
    }

    /// Ends a command that takes too long, after a look at its state.
    private func giveUp(after limit: Duration) -> TimeLimitExceeded {
        let processes = Self.processes(inGroup: id).map { process in
            ["stat", "wchan", "stack"].map { name in
                (try? String(contentsOfFile: "/proc/\(process)/\(name)", encoding: .utf8)) ?? "?"
            }.joined(separator: " ")
        }
        end()
        return TimeLimitExceeded(limit: limit, processes: processes)
    }

    private func end() {
        kill(id, SIGKILL)
        waitpid(id, nil, 0)
        isOver = true
    }

    private func writePending() {
        while input >= 0, !pending.isEmpty {
            let count = pending.withUnsafeBytes { send($0) }
            if count > 0 {
                pending = pending.dropFirst(count)
            } else {
                // A reader that has gone needs no more. A slow reader gets the rest later.
                if errno != EAGAIN { pending = Data() }
                return
            }
        }
    }

    /// Writes to the pipe without the signal that a missing reader brings.
    private func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        Self.ignoringBrokenPipes
        return Glibc.write(input, bytes.baseAddress, bytes.count)
    }

    private static let ignoringBrokenPipes: Void = { signal(SIGPIPE, SIG_IGN) }()

    /// Reads the available bytes.
    ///
    /// - Returns: Whether more may come.
    private static func drain(_ stream: Int32, into data: inout Data) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(stream, &chunk, chunk.count)
            if count == 0 { return false }
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            data += chunk[..<count]
        }
    }

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static let spawning = NSLock()

    /// The descriptors that a test process may have besides the standard streams.
    private static let otherDescriptors: Range<Int32> = 3..<256

    private static func cString(_ bytes: [UInt8]) -> UnsafeMutablePointer<CChar>? {
        let string = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
        for (index, byte) in bytes.enumerated() { string[index] = CChar(bitPattern: byte) }
        string[bytes.count] = 0
        return string
    }
}
