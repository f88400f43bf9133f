internal import Glibc
internal import Host
internal import System
internal import SystemPackage

/// A libvirt daemon that runs QEMU's guests, found by the pid file that it holds locked.
package struct Daemon: Sendable, Hashable {
    /// The program: `libvirtd` or `virtqemud`.
    package var name: String
    /// The process ID.
    package var process: Int32
    /// The start time of the process, in the kernel's ticks since the host started; field 22 of
    /// `/proc/PID/stat`.
    package var startTicks: UInt64
    /// The directory in which libvirt keeps the daemon's sockets and pid files.
    package var runtimeDirectory: String
    /// The seconds without a client and a guest after which the daemon ends; `nil` if it stays.
    package var timeout: Int?
    /// Whether the daemon is the system's and not a user's own.
    package var isSystem: Bool

    /// Describes a daemon.
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

    /// The path of the socket on which the daemon serves clients that may change guests.
    package var socket: String { "\(runtimeDirectory)/libvirt/\(Self.sockets[name] ?? "")" }

    /// The programs that run QEMU's guests, with the names of their sockets.
    private static let sockets = ["virtqemud": "virtqemud-sock", "libvirtd": "libvirt-sock"]

    /// Finds the running daemon, without connecting to it or starting one.
    ///
    /// Of two daemons, the guests belong to the holder of the QEMU driver's own pid file. Only a lock
    /// counts: a killed daemon leaves its files behind.
    ///
    /// - Parameter runtimeDirectory: The directory in which libvirt keeps its sockets and pid files.
    /// - Returns: `nil` if no daemon of this PID namespace holds a lock, or if its socket is missing.
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
    /// A user's daemon keeps its sockets where its own environment says, which
    /// [`/proc/PID/environ`](https://man7.org/linux/man-pages/man5/proc_pid_environ.5.html) has: below
    /// `XDG_RUNTIME_DIR`, else below the user's cache directory. libvirt does not hand that environment
    /// to hooks.
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

    /// The runtime directory of a user's daemon, as GLib's `g_get_user_runtime_dir` finds it.
    ///
    /// - Parameters:
    ///   - environment: The daemon's environment, `NAME=value` each.
    ///   - home: The home directory by the user database.
    static func runtimeDirectory(in environment: [String], home: String) -> String {
        func value(_ name: String) -> String? {
            let entry = environment.first { $0.hasPrefix(name + "=") }
            let value = entry?.dropFirst(name.utf8.count + 1)
            return value?.isEmpty == false ? value.map(String.init) : nil
        }
        return value("XDG_RUNTIME_DIR") ?? value("XDG_CACHE_HOME")
            ?? "\(value("HOME") ?? home)/.cache"
    }

    /// The home directory of this user; the C function is `getpwuid`.
    private static var homeDirectory: String {
        getpwuid(geteuid())?.pointee.pw_dir.map { String(cString: $0) } ?? "/"
    }

    /// Whether the process still runs.
    package var isRunning: Bool { ProcessStatus(of: process)?.startTicks == startTicks }

    /// Whether the process still runs and still is the daemon that owns the guests.
    package var isCurrent: Bool {
        isSystem ? Self.find(runtimeDirectory: runtimeDirectory) == self : isRunning
    }

    /// The URI of the daemon's own socket.
    ///
    /// With a socket in the URI, libvirt neither looks for another daemon, such as virtproxyd, nor
    /// starts one.
    package var uri: String {
        "qemu+unix:///\(isSystem ? "system" : "session")?socket=" + Self.percentEncoded(socket)
    }

    /// Encodes all characters that a query of a URI may not have or that have a meaning there.
    static func percentEncoded(_ text: String) -> String {
        let kept = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/".utf8)
        return text.utf8.map { byte in
            if kept.contains(byte) { return String(UnicodeScalar(byte)) }
            let digits = String(byte, radix: 16, uppercase: true)
            return "%" + (digits.count < 2 ? "0" : "") + digits
        }.joined()
    }

    /// Reads the seconds of `--timeout` or `-t` as the daemon does; of several, the last one counts.
    ///
    /// - Returns: `nil` if there is no such option, or if the seconds are 0 or no number.
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

    /// Whether the process has no number of its own in a PID namespace below this process's.
    ///
    /// `/proc/PID/status` says so to a service without capabilities; `/proc/PID/ns/pid` does not.
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

/// Why the daemon that called a hook cannot be reached.
package enum DaemonError: Error, Sendable, Hashable {
    /// The process has ended.
    case ended(Int32)
    /// The process is a program that serves no clients, such as one with libvirt's embedded driver.
    case noDaemon(Int32, name: String)
    /// Another daemon owns the guests of the runtime directory.
    case notOwner(Int32, String, Daemon)
    /// The daemon's socket is not where its environment says.
    case withoutSocket(Int32, String, String)
    /// The daemon's environment cannot be read.
    case unreadable(Int32, String)
}

extension DaemonError: CustomStringConvertible {
    /// The fact, its cause and, where there is one, a fix.
    package var description: String {
        switch self {
        case .ended(let process):
            "cannot reach the daemon that called the hook: process \(process) has ended"
        case .noDaemon(let process, let name):
            "cannot reach the program that called the hook: process \(process) (\(name)) is neither"
                + " libvirtd nor virtqemud, and serves no clients; add a <watchdog> to the guest's domain XML"
        case .notOwner(let process, let name, let owner):
            "cannot reach \(name) (process \(process)), which called the hook: \(owner.name)"
                + " (process \(owner.process)) owns \(owner.socket); stop one of them"
        case .withoutSocket(let process, let name, let directory):
            "cannot reach \(name) (process \(process)), which called the hook: no socket of it below"
                + " \(directory)/libvirt; restart it"
        case .unreadable(let process, let name):
            "cannot reach \(name) (process \(process)), which called the hook: cannot read"
                + " /proc/\(process)/environ; run virt-watchdog apply as its user"
        }
    }
}
