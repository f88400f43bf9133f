internal import HostSystem

/// A libvirt daemon that runs QEMU's guests, found by the pid file that it holds locked.
public struct Daemon: Sendable, Hashable {
    /// The program: `libvirtd` or `virtqemud`.
    public var name: String
    /// The process ID.
    public var process: Int32
    /// The start time of the process, in the kernel's ticks since the host started; field 22 of
    /// `/proc/PID/stat`.
    public var startTicks: UInt64
    /// The path of the socket on which the daemon serves clients that may change guests.
    public var socket: String
    /// The seconds without a client and a guest after which the daemon ends; `nil` if it stays.
    public var timeout: Int?

    /// Describes a daemon.
    public init(
        name: String, process: Int32, startTicks: UInt64, socket: String, timeout: Int? = nil
    ) {
        self.name = name
        self.process = process
        self.startTicks = startTicks
        self.socket = socket
        self.timeout = timeout
    }

    /// The programs that run QEMU's guests, with the names of their sockets.
    private static let sockets = ["virtqemud": "virtqemud-sock", "libvirtd": "libvirt-sock"]

    /// Finds the running daemon, without connecting to it or starting one.
    ///
    /// Of two daemons, the guests belong to the holder of the QEMU driver's own pid file. Only a lock
    /// counts: a killed daemon leaves its files behind.
    ///
    /// - Parameter runtimeDirectory: The directory in which libvirt keeps its sockets and pid files.
    /// - Returns: `nil` if no daemon of this PID namespace holds a lock, or if its socket is missing.
    public static func find(runtimeDirectory: String = "/run") -> Daemon? {
        let pidFiles = ["libvirt/qemu/driver.pid", "virtqemud.pid", "libvirtd.pid"]
        for file in pidFiles {
            guard let process = lockHolder(of: "\(runtimeDirectory)/\(file)"),
                let daemon = Daemon(process, in: runtimeDirectory)
            else { continue }
            return daemon
        }
        return nil
    }

    private init?(_ process: Int32, in runtimeDirectory: String) {
        guard let ticks = ProcessStatus(of: process)?.startTicks,
            let comm = Self.text(process, "comm"), comm.hasSuffix("\n"),
            let socket = Self.sockets[String(comm.dropLast())],
            Self.isInOurNamespace(process)
        else { return nil }
        let path = "\(runtimeDirectory)/libvirt/\(socket)"
        let arguments = Self.text(process, "cmdline")?.split(
            separator: "\0", omittingEmptySubsequences: false)
        guard (try? FileStatus(of: path))?.kind == .socket, let arguments,
            // The process ID may be another process's by now.
            ProcessStatus(of: process)?.startTicks == ticks
        else { return nil }
        self.init(
            name: String(comm.dropLast()), process: process, startTicks: ticks, socket: path,
            timeout: Self.timeout(in: arguments.map(String.init)))
    }

    /// Whether the process still runs and still is the daemon that owns the guests.
    public var isCurrent: Bool {
        let suffix = "/libvirt/" + (Self.sockets[name] ?? "")
        return socket.hasSuffix(suffix)
            && Self.find(runtimeDirectory: String(socket.dropLast(suffix.count))) == self
    }

    /// The URI of the daemon's own socket.
    ///
    /// With a socket in the URI, libvirt neither looks for another daemon, such as virtproxyd, nor
    /// starts one.
    public var uri: String {
        "qemu+unix:///system?socket=" + Self.percentEncoded(socket)
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
        guard let bytes = try? readFile("/proc/\(process)/\(file)", limit: 64 << 10) else {
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
