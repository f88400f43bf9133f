// SPDX-License-Identifier: Apache-2.0

import Foundation
import Libvirt
import System
import TestSupport
import Testing

@testable import virt_watchdog

/// The reload of libvirt's daemon, for which other processes stand in: SIGHUP ends them.
@Suite(.serialized)
struct DaemonReloadTests {
    private let fake: FakeHost
    private let calls = Calls()

    /// What the reload asked the daemon.
    private final class Calls {
        var connections = 0
        var daemon: LockedFile?
    }

    init() throws {
        fake = try FakeHost()
        try fake.makeFolder("run/libvirt")
        // The processes are real ones.
        try fake.link("proc", to: "/proc")
    }

    private func installation() -> Installation {
        var installation = Installation(host: fake.host, prefix: "/usr", isLive: true)
        installation.host.bootTime = Clock.bootTime
        installation.searchPath = [fake.path("usr/bin"), fake.path("usr/sbin")]
        installation.report = { _ in }
        return installation
    }

    /// A reload whose daemon answers so many connections late.
    private func reload(answersAfter failures: Int = 0, timeout: Int = 10) -> DaemonReload {
        var reload = DaemonReload(installation: installation())
        reload.timeout = timeout
        reload.connect = { [calls] _, _ in
            calls.connections += 1
            return calls.connections > failures
                ? .success(0)
                : .failure(LibvirtError(code: .operationTimeout, message: "no answer"))
        }
        return reload
    }

    private func runDaemon(_ name: String = "libvirtd") throws -> LockedFile {
        try listen()
        return try LockedFile(fake.path("run/libvirtd.pid"), name: name)
    }

    /// Listens on the daemon's socket, as systemd does for an idle one.
    private func listen() throws { try Self.listen(at: socketPath) }

    private var socketPath: String { fake.path("run/libvirt/libvirt-sock") }

    private static func listen(at path: String) throws {
        unlink(path)
        let socket = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0 && Glibc.listen(socket, 8) == 0)
    }

    private func isRunning(_ process: Int32) -> Bool {
        ProcessStatus(of: process).map { $0.state != "Z" } ?? false
    }

    /// Whether a process is ended by a signal within some time.
    private func ends(_ process: Int32) -> Bool {
        RunningCommand.wait(within: .seconds(5)) { !isRunning(process) }
    }

    private var record: String? {
        try? String(contentsOfFile: fake.path("run/virt-watchdog/reloaded"), encoding: .utf8)
    }

    @Test func `A stale pid file leads to no signal`() throws {
        let sleep = Process()
        sleep.executableURL = URL(filePath: "/bin/sleep")
        sleep.arguments = ["60"]
        try sleep.run()
        defer { sleep.terminate() }
        for name in ["libvirtd", "virtqemud"] {
            try fake.write("run/\(name).pid", "\(sleep.processIdentifier)\n")
        }
        #expect(installation().reloadDaemons(by: reload()))
        #expect(reload().run(wakesIdle: true) == .noDaemon)
        usleep(200_000)
        #expect(sleep.isRunning)
        #expect(record == nil)
        #expect(calls.connections == 0)
    }

    @Test func `A pid file that another program holds locked leads to no signal`() throws {
        let other = try runDaemon("sleep")
        #expect(reload().run(wakesIdle: false) == .noDaemon)
        usleep(200_000)
        #expect(isRunning(other.id))
    }

    @Test(arguments: ["libvirtd", "virtqemud"])
    func `A daemon that answers is reloaded and recorded`(_ name: String) throws {
        try fake.putHook()
        let daemon = try LockedFile(fake.path("run/\(name).pid"), name: name)
        let ticks = try #require(ProcessStatus(of: daemon.id)?.startTicks)
        try fake.write("run/libvirt/libvirt-sock", "")
        try listen()
        if name == "virtqemud" {
            try fake.link("run/libvirt/virtqemud-sock", to: "libvirt-sock")
        }
        #expect(installation().reloadDaemons(by: reload()))
        #expect(record == "\(daemon.id) \(ticks)\n")
        #expect(ends(daemon.id))
    }

    @Test func `A reload without a hook that can be executed is not recorded`() throws {
        try fake.putHook(mode: 0o644)
        let daemon = try runDaemon()
        #expect(throws: SetupError.self) { try installation().checkHook() }
        #expect(installation().reloadDaemons(by: reload()))
        #expect(ends(daemon.id))
        #expect(record == nil)
    }

    /// The hook's place; a package's is a symbolic link.
    @Test(arguments: [
        (HookTarget.single, "libvirtd"), (HookTarget.shared, "libvirtd"),
        (HookTarget.shared, "virtqemud"), ("link", "libvirtd"), ("link", "virtqemud"),
    ])
    func `The remedy of hook-seen ends its warning`(_ place: String, _ name: String) throws {
        let daemon = try LockedFile(fake.path("run/\(name).pid"), name: name)
        try listen()
        if name == "virtqemud" {
            try fake.link("run/libvirt/virtqemud-sock", to: "libvirt-sock")
        }
        usleep(50_000)
        if place == "link" {
            try fake.write("usr/bin/virt-watchdog-hook", FakeELF().bytes, mode: 0o755)
            try fake.makeFolder("etc/libvirt/hooks/qemu.d")
            try fake.link(
                "etc/libvirt/hooks/qemu.d/50-virt-watchdog",
                to: fake.path("usr/bin/virt-watchdog-hook"))
        } else {
            try fake.putHook(String(place.dropFirst("/etc/libvirt/hooks/".count)))
        }
        let host = installation().host
        // The process ends on SIGHUP, so it is looked up before.
        let process = try #require(LibvirtDaemon(daemon.id, named: name, on: host))
        func finding() throws -> Finding {
            try #require(
                HookSeen.findings(
                    fake.hooks, daemons: LibvirtDaemons(running: [process], isReachable: true),
                    on: host
                ).first)
        }
        #expect(try finding().level == .warn)
        #expect(try finding().remedy == "sudo virt-watchdog setup --reload-only")
        try installation().checkHook()
        #expect(installation().reloadDaemons(by: reload()))
        #expect(try finding().level == .ok)
    }

    @Test func `A daemon that answers late is reloaded when it answers`() throws {
        try fake.putHook()
        let daemon = try runDaemon()
        var late = reload()
        late.connect = { [calls] _, _ in
            calls.connections += 1
            #expect(isRunning(daemon.id), "it was reloaded while it started")
            return calls.connections > 2
                ? .success(0) : .failure(LibvirtError(code: .rpc, message: "not yet"))
        }
        #expect(installation().reloadDaemons(by: late))
        #expect(calls.connections == 3)
        #expect(record?.hasPrefix("\(daemon.id) ") == true)
        #expect(ends(daemon.id))
    }

    @Test func `A daemon that does not answer is neither reloaded nor recorded`() throws {
        let daemon = try runDaemon()
        #expect(!installation().reloadDaemons(by: reload(answersAfter: .max, timeout: 1)))
        guard
            case .failed(let message) = reload(answersAfter: .max, timeout: 1)
                .run(wakesIdle: true)
        else {
            Issue.record("no failure")
            return
        }
        #expect(message.contains("did not answer within 1 seconds"))
        #expect(message.contains("virt-watchdog setup again"))
        #expect(isRunning(daemon.id))
        #expect(record == nil)
    }

    @Test func `A daemon without a socket yet is waited for`() throws {
        let daemon = try LockedFile(fake.path("run/libvirtd.pid"), name: "libvirtd")
        guard case .failed(let message) = reload(timeout: 1).run(wakesIdle: true) else {
            Issue.record("no failure")
            return
        }
        #expect(message.contains("serves no socket"))
        #expect(isRunning(daemon.id))
        let late = Thread { [socketPath] in
            usleep(1_500_000)
            try? Self.listen(at: socketPath)
        }
        late.start()
        guard case .reloaded(let found) = reload().run(wakesIdle: true) else {
            Issue.record("not reloaded")
            return
        }
        #expect(found.process == daemon.id)
    }

    @Test func `systemd reloads the daemon that it runs`() throws {
        let daemon = try runDaemon()
        try fake.makeFolder("run/systemd/system")
        let calls = fake.path("calls")
        try fake.writeProgram(
            "usr/bin/systemctl",
            "echo \"$*\" >>\(calls); [ \"$1\" != show ] || echo MainPID=\(daemon.id)")
        guard case .reloaded = reload().run(wakesIdle: true) else {
            Issue.record("not reloaded")
            return
        }
        #expect(isRunning(daemon.id))
        let text = try String(contentsOfFile: calls, encoding: .utf8)
        #expect(text == "show -p MainPID libvirtd.service\nreload libvirtd.service\n")
    }

    @Test func `A daemon of its own is no unit's`() throws {
        let daemon = try runDaemon()
        try fake.makeFolder("run/systemd/system")
        try fake.writeProgram("usr/bin/systemctl", "echo MainPID=1")
        guard case .reloaded = reload().run(wakesIdle: true) else {
            Issue.record("not reloaded")
            return
        }
        #expect(ends(daemon.id))
    }

    @Test func `An idle daemon is started, and then has the hook`() throws {
        try fake.putHook()
        try fake.writeProgram("usr/sbin/libvirtd", "")
        try listen()
        var idle = reload()
        idle.connect = { [fake, calls] uri, _ in
            #expect(uri == "qemu+unix:///system?socket=\(fake.path("run/libvirt/libvirt-sock"))")
            calls.daemon = try? LockedFile(fake.path("run/libvirtd.pid"), name: "libvirtd")
            return .success(0)
        }
        #expect(idle.run(wakesIdle: false) == .noDaemon)
        #expect(calls.daemon == nil)
        guard case .started(let daemon) = idle.run(wakesIdle: true) else {
            Issue.record("not started")
            return
        }
        #expect(daemon.process == calls.daemon?.id)
        #expect(isRunning(daemon.process))
    }

    @Test func `An idle daemon that cannot start is a failure`() throws {
        try fake.writeProgram("usr/sbin/libvirtd", "")
        try listen()
        guard case .failed(let message) = reload(answersAfter: .max).run(wakesIdle: true) else {
            Issue.record("no failure")
            return
        }
        #expect(message.contains("libvirtd does not start when a client connects"))
    }

    @Test func `A socket that a killed daemon left is no idle daemon`() throws {
        try fake.writeProgram("usr/sbin/libvirtd", "")
        try fake.write("run/libvirt/libvirt-sock", "")
        #expect(reload().run(wakesIdle: true) == .noDaemon)
    }

    @Test func `A user's own daemon gets its own advice`() throws {
        let daemon = try LockedFile(fake.path("run/libvirtd.pid"), name: "libvirtd")
        try fake.makeFolder("run/systemd/system")
        var host = fake.host
        let process = try #require(LibvirtDaemon(daemon.id, named: "libvirtd", on: host))
        #expect(process.reload(on: host) == "sudo virt-watchdog setup --reload-only")
        host.administrator = geteuid() + 1
        #expect(process.reload(on: host).hasPrefix("kill \(daemon.id), as the user \(geteuid());"))
        #expect(LibvirtDaemon.ofOtherUsers(on: host).contains(process))
    }
}
