// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A log daemon for one test: the socket that `/dev/log` is inside the test's namespace.
public final class LogSocket {
    private let descriptor: Int32

    /// Binds the socket; everybody may write to it.
    ///
    /// - Parameter path: Where it is, or the name of an abstract socket behind a null character; the path
    ///   may have 107 bytes.
    public init(at path: String) throws {
        descriptor = socket(
            AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path) - 1
        guard bytes.count <= room else { throw POSIXError(.ENAMETOOLONG) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length =
            path.hasPrefix("\0")
            ? MemoryLayout<sa_family_t>.size + bytes.count : MemoryLayout<sockaddr_un>.size
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(length))
            }
        }
        guard descriptor >= 0, code == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        chmod(path, 0o777)
    }

    deinit {
        close(descriptor)
    }

    /// Takes the lines that have come, oldest first, as they were sent: `<priority>tag[id]: text`.
    public func takeLines() -> [String] {
        var lines: [String] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count >= 0 else { return lines }
            lines.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }
}
