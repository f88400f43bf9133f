// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Host
internal import System
internal import SystemPackage

/// A libvirt daemon for QEMU guests, found by its locked pid file.
package struct Daemon: Sendable, Hashable {
    /// The program: `libvirtd` or `virtqemud`.
    package var name: String
    /// The process ID.
    package var process: Int32
    /// The start time of the process, in the kernel's ticks since boot.
    ///
    /// It is field 22 of `/proc/PID/stat`.
    package var startTicks: UInt64
    /// The directory in which libvirt keeps the daemon's sockets and pid files.
    package var runtimeDirectory: String
    /// The seconds without clients and guests after which the daemon exits, or `nil` if it stays.
    package var timeout: Int?
    /// Whether it is the system's daemon, not a user's own.
    package var isSystem: Bool

    package init(
        name: String, process: Int32, startTicks: UInt64, runtimeDirectory: String = "/run",
        timeout: Int? = nil, isSystem: Bool = true
    ) {
        self.name = name
        self.process = process
        self.startTicks = startTicks
        self.runtimeDirectory = runtimeDirectory
        self.timeout = timeout
        self.isSystem = isSystem
    }

    /// The path of the daemon's read-write socket.
    package var socket: String { "\(runtimeDirectory)/libvirt/\(Self.sockets[name] ?? "")" }

    /// The programs that run QEMU guests, with the names of their sockets.
    private static let sockets = ["virtqemud": "virtqemud-sock", "libvirtd": "libvirt-sock"]

    /// Finds the running daemon, without connecting to it or starting one.
    ///
    /// Of two daemons, the holder of the lock on the QEMU driver's pid file owns the guests. A killed
    /// daemon leaves its files behind, so only a lock counts.
    ///
    /// - Parameter runtimeDirectory: The directory of libvirt's sockets and pid files.
    /// - Returns: `nil` if no daemon of this PID namespace holds a lock, or if its socket is
    ///   missing.
    package static func find(runtimeDirectory: String = "/run") -> Daemon? {
        for file in CallingDaemon.pidFiles {
            guard let process = FileLock.holder(of: "\(runtimeDirectory)/\(file)"),
                let daemon = Daemon(process, in: runtimeDirectory)
            else { continue }
            return daemon
        }
        return nil
    }

    private init?(_ process: Int32, in runtimeDirectory: String, isSystem: Bool = true) {
        guard let status = ProcessStatus(of: process), Self.sockets[status.name] != nil,
            Self.isInOurNamespace(process),
            let arguments = Self.text(process, "cmdline")?.split(
                separator: "\0", omittingEmptySubsequences: false)
        else { return nil }
        self.init(
            name: status.name, process: process, startTicks: status.startTicks,
            runtimeDirectory: runtimeDirectory,
            timeout: Self.timeout(in: arguments.map(String.init)), isSystem: isSystem)
        // The process ID may be another process's by now.
        guard (try? Stat(socket))?.type == .socket, isRunning else { return nil }
    }

    /// Finds the daemon that called a hook of this user, without connecting to it or starting one.
    ///
    /// The daemon's own environment decides where its sockets are. That is below `XDG_RUNTIME_DIR`,
    /// else below the user's cache directory. libvirt does not pass this environment to hooks, so
    /// it is read from
    /// [`/proc/PID/environ`](https://man7.org/linux/man-pages/man5/proc_pid_environ.5.html).
    ///
    /// - Parameter process: The process ID of the daemon.
    package init(calling process: Int32) throws(DaemonError) {
        guard let status = ProcessStatus(of: process) else { throw .ended(process) }
        guard Self.sockets[status.name] != nil else {
            throw .noDaemon(process, name: status.name)
        }
        if CurrentProcess.effectiveUser == 0 {
            guard let daemon = Self.find() else {
                throw .withoutSocket(process, status.name, "/run")
            }
            guard daemon.process == process else { throw .notOwner(process, status.name, daemon) }
            self = daemon
            return
        }
        guard let environment = Self.text(process, "environ") else {
            throw .unreadable(process, status.name)
        }
        let directory = Self.runtimeDirectory(
            in: environment.split(separator: "\0").map(String.init), home: Self.homeDirectory)
        guard let daemon = Daemon(process, in: directory, isSystem: false) else {
            throw .withoutSocket(process, status.name, directory)
        }
        self = daemon
    }

    /// Returns the runtime directory of a user's daemon, as GLib's `g_get_user_runtime_dir` does.
    ///
    /// - Parameters:
    ///   - environment: The daemon's environment as `NAME=value` pairs.
    ///   - home: The home directory in the user database.
    static func runtimeDirectory(in environment: [String], home: String) -> String {
        func value(_ name: String) -> String? {
            let entry = environment.first { $0.hasPrefix(name + "=") }
            let value = entry?.dropFirst(name.utf8.count + 1)
            return value?.isEmpty == false ? value.map(String.init) : nil
        }
        return value("XDG_RUNTIME_DIR") ?? value("XDG_CACHE_HOME")
            ?? "\(value("HOME") ?? home)/.cache"
    }

    /// The home directory of this user. The C function is `getpwuid`.
    private static var homeDirectory: String {
        getpwuid(geteuid())?.pointee.pw_dir.map { String(cString: $0) } ?? "/"
    }

    /// Whether the process still runs.
    package var isRunning: Bool { ProcessStatus(of: process)?.startTicks == startTicks }

    /// Whether the process still runs and still owns the guests.
    package var isCurrent: Bool {
        isSystem ? Self.find(runtimeDirectory: runtimeDirectory) == self : isRunning
    }

    /// The URI of the daemon's own socket.
    ///
    /// Given a socket, libvirt looks for no other daemon, such as virtproxyd, and starts none.
    package var uri: String {
        "qemu+unix:///\(isSystem ? "system" : "session")?socket=" + Self.percentEncoded(socket)
    }

    /// Encodes all characters that are invalid or special in a URI's query.
    static func percentEncoded(_ text: String) -> String {
        let kept = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/".utf8)
        return text.utf8.map { byte in
            if kept.contains(byte) { return String(UnicodeScalar(byte)) }
            let digits = String(byte, radix: 16, uppercase: true)
            return "%" + (digits.count < 2 ? "0" : "") + digits
        }.joined()
    }

    /// Returns the seconds of the last `--timeout` or `-t`, as the daemon reads them.
    ///
    /// - Returns: `nil` without such an option, or if the seconds are 0 or no number.
    static func timeout(in arguments: [String]) -> Int? {
        var value: Substring?
        var isNext = false
        for argument in arguments.dropFirst() {
            if isNext {
                value = argument[...]
                isNext = false
            } else if argument == "--" {
                break
            } else if argument == "--timeout" || argument == "-t" {
                isNext = true
            } else if argument.hasPrefix("--timeout=") {
                value = argument.dropFirst("--timeout=".count)
            } else if argument.hasPrefix("-t") {
                value = argument.dropFirst("-t".count)
            }
        }
        return value.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }

    /// Returns whether the process is in this process's PID namespace and in none below it.
    ///
    /// A service without capabilities can read `/proc/PID/status`, but not `/proc/PID/ns/pid`.
    private static func isInOurNamespace(_ process: Int32) -> Bool {
        guard let status = text(process, "status"),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("NSpid:") })
        else { return true }
        return line.split(whereSeparator: \.isWhitespace).count == 2
    }

    private static func text(_ process: Int32, _ file: String) -> String? {
        guard let bytes = try? File.read("/proc/\(process)/\(file)", limit: 64 << 10) else {
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
