// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage

/// Sockets on which a process listens.
package enum ListeningSocket {
    /// Returns whether a process listens on a stream socket of the file system.
    ///
    /// Where systemd listens for a service, asking starts that service. The C functions are `socket` and
    /// `connect`, which does not wait here.
    ///
    /// - Parameter path: The path of the socket, at most 107 bytes.
    package static func exists(at path: String) -> Bool {
        let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        guard var address = sockaddr_un(path),
            let descriptor = try? Errno.retrying({ socket(AF_UNIX, type, 0) })
        else { return false }
        defer { close(descriptor) }
        // A full queue is the queue of a listener.
        return address.asGeneric { connect(descriptor, $0, $1) } == 0
            || Errno.current == .resourceTemporarilyUnavailable
    }
}
