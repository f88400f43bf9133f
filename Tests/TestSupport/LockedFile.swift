// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A file that another process holds locked, as libvirt's daemons lock their pid files.
public final class LockedFile {
    /// The kind of process.
    public enum Holder {
        /// A process like this one, with a POSIX lock.
        case process
        /// A process like this one, whose open file description has the lock.
        case description
        /// A process in a PID namespace of its own, with a POSIX lock; only root can have one.
        case namespace
    }

    private let command: RunningCommand

    /// The process ID.
    public var id: Int32 { command.id }

    /// Locks a file, which is created if it is missing, until this object goes away.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - name: The name of the process, in `/proc/PID/comm`.
    ///   - arguments: More words for the command line of the process.
    public init(
        _ path: String, name: String, by holder: Holder = .process, arguments: [String] = []
    ) throws {
        let script = """
            import fcntl, struct, sys
            path, name, command = sys.argv[1:4]
            open('/proc/self/comm', 'w').write(name)
            file = open(path, 'a')
            fcntl.fcntl(file, int(command), struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 1, 0))
            open(path + '.locked', 'w').close()
            sys.stdin.read()
            """
        let number = holder == .description ? "37" : "6"
        var words = ["/usr/bin/python3", "-c", script, path, name, number] + arguments
        if holder == .namespace {
            words = ["/usr/bin/unshare", "--pid", "--fork", "--kill-child"] + words
        }
        command = try RunningCommand(Command(words[0], Array(words.dropFirst())))
        let isLocked = RunningCommand.wait(within: .seconds(20)) {
            FileManager.default.fileExists(atPath: path + ".locked")
        }
        unlink(path + ".locked")
        guard isLocked else { throw POSIXError(.ENOLCK) }
    }
}
