import Foundation

extension Fault {
    private init(_ name: String, _ effect: Effect, _ protector: Host.Protector) {
        self.init(name: "the protector \(name)", effect: effect, protector: protector)
    }

    /// Protectors that cannot be started, or that come to grief.
    static let protectors: [Fault] = [
        Fault("is missing", .notProtected("cannot be started: No such file"), .missing),
        Fault(
            "is not executable", .notProtected("cannot be started: Permission denied"),
            .notExecutable),
        Fault("is no program", .notProtected("cannot be started: Exec format error"), .garbage),
        Fault("is a link to itself", .notProtected("cannot be started: Too many levels"), .loop),
        Fault("crashes", .none, .reporting(then: "kill -SEGV $$")),
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
