// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Fault {
    private init(_ name: String, _ effect: Effect, _ protector: Host.Protector) {
        self.init(name: "virt-watchdogd \(name)", effect: effect, protector: protector)
    }

    /// One-shots that cannot be started, or that come to grief.
    static let protectors: [Fault] = [
        Fault("is missing", .notProtected("No such file"), .missing),
        Fault("is not executable", .notProtected("Permission denied"), .notExecutable),
        Fault("is no program", .notProtected("Exec format error"), .garbage),
        Fault("is a link to itself", .notProtected("Too many levels"), .loop),
        Fault("lacks a library", .notProtected("libvirt.so.0: cannot open"), .withoutLibrary),
        Fault("crashes", .failing("signal 11"), .reporting(then: "kill -SEGV $$")),
        Fault("fails", .none, .reporting(then: "exit 1")),
        Fault("hangs", .none, .reporting(then: "exec sleep 60")),
        Fault(
            name: "no process to spare", effect: .notProtected("Resource temporarily unavailable"),
            arrange: { host in
                host.limit = "ulimit -p 0"
                host.wrapper = Host.asNobody
            }),
    ]
}

extension Host {
    /// Runs the hook as a user without rights.
    static let asNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
}
