// SPDX-License-Identifier: Apache-2.0

internal import CSupport
internal import Glibc
package import SystemPackage

/// A program to run for its output.
package struct Program: Sendable, Hashable {
    /// The program's path.
    package var path: String
    /// Its arguments, without its own name.
    package var arguments: [String]
    /// Its whole environment, `NAME=value` each; nothing is inherited.
    package var environment = ["LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]

    /// Describes a program and its arguments.
    package init(_ path: String, _ arguments: [String] = []) {
        self.path = path
        self.arguments = arguments
    }

    /// The result of a program.
    package struct Outcome: Sendable, Hashable {
        /// The exit status, or the number of the signal that ended it, negated.
        package var status: Int32
        /// The start of its standard output.
        package var output: [UInt8]
        /// The start of its standard error.
        package var error: [UInt8]
    }

    /// The most bytes to keep of each stream; later bytes are read and dropped.
    package static let outputLimit = 4 << 20

    /// Runs the program with an empty standard input, and kills it at the timeout.
    ///
    /// It returns when the program has ended, even if a process that it left behind holds its streams.
    /// The C functions are `posix_spawn`, `poll`, `waitpid`, `kill` and, on Linux 5.3 and later,
    /// `pidfd_open`.
    ///
    /// - Parameter limit: The timeout; `nil` for none.
    package func run(within limit: Duration?) throws(ProgramError) -> Outcome {
        let start = Clock.now
        let (output, error): (Pipe, Pipe)
        let id: pid_t
        do throws(Errno) {
            (output, error) = (try Pipe(), try Pipe())
            id = try spawn(output: output.writingEnd, error: error.writingEnd)
        } catch {
            throw .cannotStart(error)
        }
        output.closeWritingEnd()
        error.closeWritingEnd()
        let process = virt_watchdog_open_process(id)
        defer { if process >= 0 { close(process) } }
        // Without a descriptor, poll(2) does not report the end.
        var tick: Int32 = 1
        while true {
            let isOpen = output.drain()
            let isErrorOpen = error.drain()
            if let status = Self.status(of: id) {
                output.drain()
                error.drain()
                return Outcome(status: status, output: output.bytes, error: error.bytes)
            }
            var timeout: Int32 = process < 0 ? tick : -1
            tick = min(2 * tick, Self.longestTick)
            if let limit {
                let rest = limit - (Clock.now - start)
                guard rest > .zero else {
                    kill(id, SIGKILL)
                    // A process that hangs in the kernel stays; init adopts it later.
                    for _ in 0..<10 where Self.status(of: id) == nil { usleep(10_000) }
                    throw .outOfTime(limit)
                }
                let (seconds, attoseconds) = rest.components
                let milliseconds = Int32(
                    clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
                timeout = timeout < 0 ? milliseconds : min(timeout, milliseconds)
            }
            // A program that has closed its streams still runs.
            var descriptors = [(output, isOpen), (error, isErrorOpen)].filter(\.1).map {
                pollfd(fd: $0.0.readingEnd, events: Int16(POLLIN), revents: 0)
            }
            if process >= 0 {
                descriptors.append(pollfd(fd: process, events: Int16(POLLIN), revents: 0))
            }
            poll(&descriptors, nfds_t(descriptors.count), timeout)
        }
    }

    /// The most milliseconds between two checks, where the kernel does not report the end.
    private static let longestTick: Int32 = 128

    private func spawn(output: CInt, error: CInt) throws(Errno) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, error, STDERR_FILENO)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for number in [SIGPIPE, SIGCHLD, SIGCONT, SIGURG, SIGWINCH] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK))

        let argumentList = CStringList([path] + arguments)
        let environmentList = CStringList(environment)
        var id: pid_t = 0
        let code = withExtendedLifetime((argumentList, environmentList)) {
            posix_spawn(
                &id, path, &actions, &attributes, argumentList.pointers, environmentList.pointers)
        }
        guard code == 0 else { throw Errno(rawValue: code) }
        return id
    }

    /// Returns the exit status of a child, and reaps it; returns `nil` while it runs.
    private static func status(of id: pid_t) -> Int32? {
        var status: Int32 = 0
        let result = waitpid(id, &status, WNOHANG)
        // If this process ignores SIGCHLD, by its parent's choice, the kernel keeps no status.
        if result < 0, errno == ECHILD { return 0 }
        guard result == id else { return nil }
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : -signal
    }
}

/// Why a program did not run to its end.
package enum ProgramError: Error, Sendable, Hashable {
    /// It cannot be started.
    case cannotStart(Errno)
    /// It was killed at the timeout.
    case outOfTime(Duration)
}

extension ProgramError: CustomStringConvertible {
    /// The error as a clause.
    package var description: String {
        switch self {
        case .cannotStart(let error): "it cannot be started: \(error)"
        case .outOfTime(let limit): "it did not end within \(limit.components.seconds) seconds"
        }
    }
}

/// A pipe from a child, and the bytes that it has delivered.
private final class Pipe {
    package let readingEnd: CInt
    private(set) var writingEnd: CInt
    private(set) var bytes: [UInt8] = []

    /// Creates a pipe with close-on-exec ends; the C functions are `pipe` and `fcntl`.
    package init() throws(Errno) {
        var ends: [CInt] = [-1, -1]
        _ = try Errno.retrying { pipe(&ends) }
        (readingEnd, writingEnd) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // Only this end: the child expects a blocking one.
        _ = fcntl(readingEnd, F_SETFL, O_NONBLOCK)
    }

    deinit {
        closeWritingEnd()
        close(readingEnd)
    }

    package func closeWritingEnd() {
        if writingEnd >= 0 { close(writingEnd) }
        writingEnd = -1
    }

    /// Reads the available bytes.
    ///
    /// - Returns: Whether more may follow.
    @discardableResult
    package func drain() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        // The bound keeps an endless writer from holding this process.
        for _ in 0..<64 {
            let count = read(readingEnd, &chunk, chunk.count)
            if count == 0 { return false }
            guard count > 0 else { return errno == EAGAIN || errno == EINTR }
            bytes += chunk[..<min(count, Program.outputLimit - bytes.count)]
        }
        return true
    }
}
