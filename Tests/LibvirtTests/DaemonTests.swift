// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Libvirt

/// The search for the daemon, in a runtime directory whose pid files other processes hold locked.
struct DaemonTests {
    private let folder: TemporaryFolder
    private var run: String { folder.url.path }

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder.url.path + "/libvirt/qemu", withIntermediateDirectories: true)
    }

    private func socket(_ name: String) throws -> LogSocket {
        try LogSocket(at: run + "/libvirt/" + name)
    }

    private func find() -> Daemon? { Daemon.find(runtimeDirectory: run) }

    private func startTicks(of process: Int32) throws -> UInt64? {
        let stat = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        return stat.split(separator: ")").last.flatMap {
            UInt64($0.split(separator: " ")[19])
        }
    }

    @Test(arguments: [("libvirtd", "libvirt-sock"), ("virtqemud", "virtqemud-sock")])
    func `The process that holds the lock of the QEMU driver is the daemon`(
        name: String, socketName: String
    ) throws {
        let socket = try socket(socketName)
        let lock = try LockedFile(
            run + "/libvirt/qemu/driver.pid", name: name, arguments: ["--timeout", "120"])
        let daemon = try #require(find())
        #expect(daemon.name == name)
        #expect(daemon.process == lock.id)
        #expect(daemon.startTicks == (try startTicks(of: lock.id)))
        #expect(daemon.socket == run + "/libvirt/" + socketName)
        #expect(daemon.timeout == 120)
        #expect(daemon.uri == "qemu+unix:///system?socket=" + daemon.socket)
        #expect(daemon.isCurrent)
        withExtendedLifetime((lock, socket)) {}
    }

    @Test
    func `Of two daemons, the one with the QEMU driver has the guests`() throws {
        let sockets = try [socket("libvirt-sock"), socket("virtqemud-sock")]
        let qemu = try LockedFile(run + "/virtqemud.pid", name: "virtqemud")
        let all = try LockedFile(run + "/libvirtd.pid", name: "libvirtd")
        #expect(find()?.process == qemu.id)
        let driver = try LockedFile(run + "/libvirt/qemu/driver.pid", name: "libvirtd")
        #expect(find()?.process == driver.id)
        withExtendedLifetime((sockets, all)) {}
    }

    @Test
    func `A daemon that has not started its QEMU driver is found by its own pid file`() throws {
        let socket = try socket("libvirt-sock")
        let lock = try LockedFile(run + "/libvirtd.pid", name: "libvirtd")
        #expect(find()?.process == lock.id)
        #expect(find()?.timeout == nil)
        withExtendedLifetime(socket) {}
    }

    @Test
    func `A stale pid file and a stale socket are no daemon, even if the process runs`() throws {
        let socket = try socket("libvirt-sock")
        let other = try LockedFile(run + "/elsewhere.pid", name: "libvirtd")
        try folder.write("libvirt/qemu/driver.pid", "\(other.id)\n")
        try folder.write("libvirtd.pid", "\(other.id)\n")
        #expect(find() == nil)
        withExtendedLifetime((socket, other)) {}
    }

    @Test(arguments: ["python3", "libvirtd2", "virtproxyd"])
    func `A pid file that another program holds locked is no daemon`(name: String) throws {
        let sockets = try [socket("libvirt-sock"), socket("virtqemud-sock")]
        let lock = try LockedFile(run + "/libvirt/qemu/driver.pid", name: name)
        #expect(find() == nil)
        withExtendedLifetime((lock, sockets)) {}
    }

    @Test
    func `A lock without a process is no daemon`() throws {
        let socket = try socket("libvirt-sock")
        let lock = try LockedFile(
            run + "/libvirt/qemu/driver.pid", name: "libvirtd", by: .description)
        #expect(find() == nil)
        withExtendedLifetime((lock, socket)) {}
    }

    @Test(.enabled(if: Repository.runs(where: Repository.isRoot)))
    func `A daemon of another PID namespace is not found`() throws {
        let socket = try socket("libvirt-sock")
        let lock = try LockedFile(
            run + "/libvirt/qemu/driver.pid", name: "libvirtd", by: .namespace)
        #expect(find() == nil)
        withExtendedLifetime((lock, socket)) {}
    }

    @Test
    func `A daemon without a socket is not found`() throws {
        let lock = try LockedFile(run + "/libvirt/qemu/driver.pid", name: "libvirtd")
        #expect(find() == nil)
        try folder.write("libvirt/libvirt-sock", "")
        #expect(find() == nil)
        withExtendedLifetime(lock) {}
    }

    @Test
    func `A daemon that has ended is not current, and no connection leads to it`() throws {
        let socket = try socket("libvirt-sock")
        let pidFile = run + "/libvirt/qemu/driver.pid"
        var lock: LockedFile? = try LockedFile(pidFile, name: "libvirtd")
        let daemon = try #require(find())
        lock = nil
        #expect(!daemon.isCurrent)
        lock = try LockedFile(pidFile, name: "libvirtd")
        #expect(find() != nil)
        #expect(!daemon.isCurrent)
        let error = try #require(throws: LibvirtError.self) { _ = try Connection(to: daemon) }
        #expect(error.isConnectionLost)
        withExtendedLifetime((lock, socket)) {}
    }

    @Test(
        arguments: [
            (["--timeout", "120"], 120),
            (["-d", "--timeout=30", "-v"], 30),
            (["-t", "15"], 15),
            (["-t15"], 15),
            (["--timeout", "120", "--timeout", "0"], nil),
            (["--timeout", "0"], nil),
            (["--timeout", "-5"], nil),
            (["--timeout", "soon"], nil),
            (["--timeout"], nil),
            (["--timeouts=3"], nil),
            (["--", "--timeout", "120"], nil),
        ] as [([String], Int?)])
    func `The timeout is read from the command line`(arguments: [String], timeout: Int?) throws {
        let socket = try socket("libvirt-sock")
        let lock = try LockedFile(
            run + "/libvirt/qemu/driver.pid", name: "libvirtd", arguments: arguments)
        let daemon = try #require(find())
        #expect(daemon.timeout == timeout)
        withExtendedLifetime((lock, socket)) {}
    }

    @Test(arguments: [
        ("/run", "/run"), ("/a b/c&d=e?f#g%h+i", "/a%20b/c%26d%3De%3Ff%23g%25h%2Bi"),
        ("/é\n", "/%C3%A9%0A"),
    ])
    func `The socket's path is encoded in the URI`(path: String, encoded: String) {
        var daemon = Daemon(
            name: "libvirtd", process: 1, startTicks: 1, runtimeDirectory: path)
        let socket = encoded + "/libvirt/libvirt-sock"
        #expect(daemon.uri == "qemu+unix:///system?socket=" + socket)
        daemon.isSystem = false
        #expect(daemon.uri == "qemu+unix:///session?socket=" + socket)
    }
}

/// The search for the daemon that called a hook.
struct CallingDaemonTests {
    @Test(arguments: [
        (["HOME=/h", "XDG_RUNTIME_DIR=/run/user/7", "XDG_CACHE_HOME=/c"], "/run/user/7"),
        (["XDG_RUNTIME_DIR=/tmp/a=b"], "/tmp/a=b"),
        (["XDG_RUNTIME_DIR=", "HOME=/h"], "/h/.cache"),
        (["XDG_CACHE_HOME=/c", "HOME=/h"], "/c"),
        (["XDG_CACHE_HOME=", "HOME="], "/home/u/.cache"),
        (["MY_XDG_RUNTIME_DIR=/x", "XDG_RUNTIME_DIRS=/y"], "/home/u/.cache"),
    ])
    func `A user's daemon keeps its sockets where its own environment says`(
        environment: [String], directory: String
    ) {
        #expect(Daemon.runtimeDirectory(in: environment, home: "/home/u") == directory)
    }

    @Test
    func `A process that has ended, or is another program, is no daemon`() throws {
        let ended = try #require(throws: DaemonError.self) {
            _ = try Daemon(calling: Int32.max)
        }
        #expect(ended == .ended(.max))
        let program = try #require(throws: DaemonError.self) { _ = try Daemon(calling: getpid()) }
        #expect("\(program)".contains("process \(getpid())"))
        #expect("\(program)".contains("neither libvirtd nor virtqemud"))
    }

    @Test(.enabled(if: Repository.runs(where: Repository.isRoot)))
    func `Root's daemon without the system's guests is not reached`() throws {
        let folder = try TemporaryFolder()
        let lock = try LockedFile(folder.url.path + "/libvirtd.pid", name: "libvirtd")
        let error = try #require(throws: DaemonError.self) { _ = try Daemon(calling: lock.id) }
        #expect("\(error)".contains("libvirtd (process \(lock.id))"))
        withExtendedLifetime(lock) {}
    }
}
