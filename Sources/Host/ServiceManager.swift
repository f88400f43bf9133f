// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import System
internal import SystemPackage

/// The service manager of this process, such as systemd, with the protocol of `sd_notify(3)`.
package struct ServiceManager: Sendable {
    /// The manager's timeout for the next `WATCHDOG=1`, or `nil` if it expects none.
    package let watchdogInterval: Duration?
    /// The path of the manager's socket, or an abstract name after a null character.
    private let socketName: String

    /// Reads and removes `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` in this process's
    /// environment.
    ///
    /// Call it before the process has other threads. The C functions are `getenv` and `unsetenv`.
    ///
    /// - Parameter value: Returns the value of a variable.
    /// - Returns: `nil` if no manager listens.
    package init?(environment value: (String) -> String? = { Environment[$0] }) {
        let names = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]
        let values = names.map(value)
        for name in names { unsetenv(name) }
        guard let name = values[0], name.hasPrefix("/") || name.hasPrefix("@"), name.utf8.count > 1,
            sockaddr_un(name) != nil
        else { return nil }
        socketName = name.hasPrefix("@") ? "\0" + name.dropFirst() : name
        let isForUs = values[2].map { $0 == "\(getpid())" } ?? true
        let microseconds = values[1].flatMap { Int64($0) } ?? 0
        watchdogInterval = isForUs && microseconds > 0 ? .microseconds(microseconds) : nil
    }

    /// Sends assignments such as `READY=1`, one per line, and does not wait for a busy manager.
    ///
    /// The C functions are `socket`, `connect` and `send` with `MSG_DONTWAIT`.
    ///
    /// - Returns: Whether the manager received them.
    @discardableResult
    package func send(_ text: String) -> Bool {
        let type = CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard var address = sockaddr_un(socketName),
            let descriptor = try? Errno.retrying({ socket(AF_UNIX, type, 0) })
        else { return false }
        defer { close(descriptor) }
        let length = MemoryLayout<sa_family_t>.size + socketName.utf8.count
        let bytes = Array(text.utf8)
        guard address.asGeneric(length: length, { connect(descriptor, $0, $1) }) == 0 else {
            return false
        }
        let flags = CInt(MSG_NOSIGNAL | MSG_DONTWAIT)
        let count = try? Errno.retrying { Glibc.send(descriptor, bytes, bytes.count, flags) }
        return count == bytes.count
    }
}
