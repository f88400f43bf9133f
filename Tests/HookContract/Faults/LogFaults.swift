// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

extension Fault {
    private init(log name: String, prelude: String) {
        self.init(
            name: "/dev/log: \(name)", effect: .unlogged, arrange: { $0.prelude = prelude })
    }

    /// Logs that take no line.
    static let logs: [Fault] = [
        Fault(log: "missing", prelude: "rm layers/dev/log"),
        Fault(log: "a file", prelude: "rm layers/dev/log; : >layers/dev/log"),
        Fault(log: "a link to nowhere", prelude: "rm layers/dev/log; ln -s /x layers/dev/log"),
        Fault(
            name: "/dev/log: full, without a reader", effect: .unlogged,
            arrange: { host in
                // However long the queue of the socket is.
                while try Command.logger(to: host.folder.url.path + "/log") {}
            }),
    ]
}

extension Command {
    /// Sends a line to a log socket without waiting, and tells whether there was room.
    fileprivate static func logger(to path: String) throws -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, "x", 1, 0, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 1
            }
        }
    }
}
