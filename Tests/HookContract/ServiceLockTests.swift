// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// What the hook does where a service runs, and where it needs a program that cannot run.
@Suite(.enabled(if: Host.isAvailable, Host.needs))
struct ServiceLockTests {
    private let guest = Definition()

    /// A stand-in for the service, and how the daemon that calls the hook shows itself.
    struct Row: Sendable, CustomTestStringConvertible {
        var reason: String
        /// What the service's file says of the daemon; `$PARENT` is the hook's parent and its start.
        var daemon = "$PARENT"
        var isLocked = true
        /// Whether the hook's parent holds the lock of the QEMU driver's pid file.
        var ownsGuests = false
        var isServed = false

        var testDescription: String { reason }
    }

    static let rows = [
        Row(reason: "the service follows the hook's parent", isServed: true),
        Row(reason: "the service has ended, and left its file", isLocked: false),
        Row(reason: "the service follows another daemon", daemon: "1/1"),
        Row(reason: "the parent has the process ID of an earlier daemon", daemon: "$PID/1"),
        Row(
            reason: "the service has no daemon yet, and the parent owns the guests",
            daemon: "none", ownsGuests: true, isServed: true),
        Row(reason: "the service has no daemon, and the parent owns no guests", daemon: "none"),
        Row(reason: "the service's file is empty", daemon: ""),
    ]

    private func host(
        _ row: Row, policy: String = "vm.watchdog.action=reset",
        protector: Host.Protector = .reporting()
    ) throws -> Host {
        var host = try Host(properties: policy, protector: protector)
        try host.folder.write("lock.py", Self.lock)
        let pid = getpid()
        let stat = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        let ticks = try #require(stat.split(separator: ")").last).split(separator: " ")[19]
        let daemon = row.daemon.replacing("$PARENT", with: "\(pid)/\(ticks)")
            .replacing("$PID", with: "\(pid)")
        host.prelude = """
            python3 lock.py '\(daemon)' \(row.isLocked ? "lock" : "leave") <&- >&- 2>&- &
            echo $! >helper
            while [ ! -e locked ]; do sleep 0.01; done
            mkdir -p /run/libvirt/qemu
            : >>driver.pid
            : >/run/libvirt/qemu/driver.pid
            mount --bind driver.pid /run/libvirt/qemu/driver.pid
            """
        return host
    }

    /// Writes the service's file and holds its lock until it is ended.
    private static let lock = """
        import fcntl, os, struct, sys, time
        folder = '/run/libvirt/virt-watchdog'
        os.makedirs(folder)
        file = os.open(folder + '/service', os.O_RDWR | os.O_CREAT, 0o644)
        text = 'version=1\\npid=1\\ndaemon=' + sys.argv[1] + '\\n' if sys.argv[1] else ''
        os.write(file, 2 * text.ljust(512, '\\n').encode())
        if sys.argv[2] == 'lock':
            fcntl.fcntl(file, 37, struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 0, 0))
        open('locked', 'w')
        time.sleep(60)
        """

    /// Holds the lock that the daemon with the guests holds, as this process.
    private func withDriverLock<Value>(
        of host: Host, if isHeld: Bool, _ body: () throws -> Value
    ) throws -> Value {
        let path = host.folder.url.path + "/driver.pid"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        defer { close(file) }
        if isHeld {
            var lock = flock()
            lock.l_type = Int16(F_WRLCK)
            try #require(fcntl(file, F_SETLK, &lock) == 0)
        }
        return try body()
    }

    @Test(arguments: rows, ["started", "reconnect"])
    func `The service that follows the calling daemon takes care of the guest, and no other does`(
        _ row: Row, _ operation: String
    ) throws {
        let host = try host(row)
        let run = try withDriverLock(of: host, if: row.ownsGuests) {
            try host.run([guest.name, operation, "begin", "-"], guest.data)
        }
        #expect(run.status == 0)
        #expect(run.output.isEmpty && run.error.isEmpty)
        #expect((run.protector == nil) == row.isServed)
        #expect(run.log.isEmpty == row.isServed)
    }

    @Test(arguments: ["started", "reconnect"])
    func `With a service, the hook leaves before it reads`(_ operation: String) throws {
        let host = try host(Self.rows[0])
        let hook = try host.start([guest.name, operation, "begin", "-"])
        let run = try host.finish(hook, closesInput: false)
        #expect(run.status == 0)
        #expect(run.lifetime < .seconds(1), "shorter than the hook's own limit")
    }

    @Test func `A user's hook does not count on the service of the system`() throws {
        var host = try host(Row(reason: "", daemon: "none", ownsGuests: true))
        host.wrapper = Host.asNobody
        let run = try withDriverLock(of: host, if: true) {
            try host.run([guest.name, "started", "begin", "-"], guest.data)
        }
        #expect(run.protector != nil)
    }

    @Test func `A hook that another hook runs asks for the daemon behind it`() throws {
        var host = try Host(properties: "vm.watchdog.action=reset")
        host.prelude = "cp /bin/sh libvirtd"
        // The daemon, another hook, and ours.
        host.program = [
            host.folder.url.path + "/libvirtd", "-c",
            "echo $$ >daemon; sh -c '/etc/libvirt/hooks/qemu \"$@\"; exit $?' sh \"$@\"; exit $?",
            "libvirtd",
        ]
        let run = try host.run([guest.name, "started", "begin", "-"], guest.data)
        let daemon = try String(
            contentsOf: host.folder.url.appending(path: "daemon"), encoding: .utf8)
        #expect(
            try #require(run.protector).arguments
                == [
                    "--guest", Definition.uuid, "--daemon",
                    daemon.trimmingCharacters(in: .newlines),
                ])
    }

    @Test func `The time in which a signal has stopped the hook does not count`() throws {
        let host = try Host(properties: "vm.watchdog.action=reset")
        let hook = try host.start([guest.name, "started", "begin", "-"])
        hook.write(guest.data.prefix(guest.data.count / 2))
        #expect(Host.waitUntilWaiting(hook))
        hook.send(signal: SIGSTOP)
        usleep(2_500_000)
        hook.send(signal: SIGCONT)
        hook.write(guest.data.suffix(guest.data.count - guest.data.count / 2))
        let run = try host.finish(hook, closesInput: true)
        #expect(run.status == 0)
        #expect(run.protector != nil)
        #expect(run.log.compactMap { LogLineFields($0)?.plan } == ["attach"])
    }

    // MARK: Enforce

    private static let enforce = "vm.watchdog.enforce=true"

    @Test func `Under enforce, prepare lets a guest start where a one-shot can run`() throws {
        let run = try Host(properties: Self.enforce)
            .run([guest.name, "prepare", "begin", "-"], guest.data)
        #expect(run.status == 0)
        #expect(run.error.isEmpty)
        #expect(run.protector == nil, "it was asked for its check alone")
    }

    @Test(arguments: [
        (Host.Protector.missing, "No such file"), (.withoutLibrary, "libvirt.so.0: cannot open"),
        (.reporting(check: "exit 3"), "exit status 3"),
        (.reporting(check: "exit 1"), "--check failed"),
        (.reporting(check: "kill -9 $$"), "signal 9"),
        (.reporting(check: "exec sleep 30"), "within 1 s"),
    ])
    func `Under enforce, prepare refuses a guest that no program can protect, and says why`(
        protector: Host.Protector, reason: String
    ) throws {
        let run = try Host(properties: Self.enforce, protector: protector)
            .run([guest.name, "prepare", "begin", "-"], guest.data)
        #expect(run.status == 1)
        #expect(run.output.isEmpty)
        #expect(run.error.hasPrefix("virt-watchdog: cannot start '\(guest.name)'"))
        #expect(run.error.contains(reason) && run.error.split(separator: "\n").count == 1)
        #expect(run.lifetime < .seconds(1.6))
        let lines = run.log.compactMap { LogLineFields($0) }
        #expect(lines.map(\.result) == ["refused"])
        #expect(lines.first?.reason.contains(reason) == true)
        #expect(run.children.isEmpty)
    }

    @Test func `Under enforce, the service suffices`() throws {
        let host = try host(Self.rows[0], policy: Self.enforce, protector: .missing)
        let run = try host.run([guest.name, "prepare", "begin", "-"], guest.data)
        #expect(run.status == 0)
        #expect(run.error.isEmpty)
    }

    @Test func `Under enforce, the service of another daemon does not suffice`() throws {
        let host = try host(Self.rows[2], policy: Self.enforce, protector: .missing)
        let run = try host.run([guest.name, "prepare", "begin", "-"], guest.data)
        #expect(run.status == 1)
    }

    @Test func `Without enforce, prepare asks nothing`() throws {
        let run = try Host(properties: "vm.watchdog.action=reset", protector: .withoutLibrary)
            .run([guest.name, "prepare", "begin", "-"], guest.data)
        #expect(run.status == 0)
        #expect(run.error.isEmpty)
        #expect(run.log.compactMap { LogLineFields($0)?.plan } == ["attach"])
    }
}
