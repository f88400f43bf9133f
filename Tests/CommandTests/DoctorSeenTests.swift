// SPDX-License-Identifier: Apache-2.0

import Foundation
import System
import TestSupport
import Testing

@testable import virt_watchdog

/// The check `hook-seen`, on daemons that started before and after the hook was laid down.
struct DoctorSeenTests {
    private let fake: FakeHost
    /// When the hook was put there.
    private let putThere: Duration

    init() throws {
        fake = try FakeHost()
        putThere = try fake.changed(fake.putHook())
    }

    private func findings(isReachable: Bool = false) -> [Finding] {
        HookSeen.findings(
            fake.hooks,
            daemons: LibvirtDaemons(
                running: LibvirtDaemon.running(on: fake.host), isReachable: isReachable),
            on: fake.host)
    }

    private func finding() throws -> Finding {
        try #require(findings().first)
    }

    @Test(arguments: ["libvirtd", "virtqemud"])
    func `A daemon that started later has seen the hook`(_ name: String) throws {
        try fake.runDaemon(name, started: putThere + .seconds(1))
        #expect(try finding().level == .ok)
        #expect(try finding().message.contains("\(name) (process 321)"))
    }

    @Test(arguments: ["libvirtd", "virtqemud"])
    func `A daemon that started earlier may not have seen the hook`(_ name: String) throws {
        try fake.runDaemon(name, started: putThere - .seconds(1))
        #expect(try finding().level == .warn)
        #expect(try finding().message.contains("cannot be seen from outside"))
        #expect(try finding().remedy == "sudo virt-watchdog setup --reload-only")
        try fake.makeFolder("run/systemd/system")
        #expect(try finding().remedy == "sudo virt-watchdog setup --reload-only")
    }

    @Test
    func `A daemon that does not run looks for hooks when it starts`() throws {
        #expect(try finding().level == .ok)
        #expect(try #require(findings(isReachable: true).first).level == .warn)
    }

    @Test
    func `An older hook beside ours keeps hooks switched on`() throws {
        try FileManager.default.removeItem(atPath: fake.path("etc/libvirt/hooks/qemu"))
        let older = try fake.changed(fake.putScript("qemu"))
        usleep(50_000)
        let ours = try fake.changed(fake.putHook("qemu.d/50-virt-watchdog"))
        try #require(ours - older > .milliseconds(30))
        try fake.runDaemon(started: older + .milliseconds(20))
        #expect(try finding().level == .ok)
        #expect(try finding().message.contains("hooks/qemu when it started"))
        chmod(fake.path("etc/libvirt/hooks/qemu"), 0o644)
        #expect(try finding().level == .warn, "a hook that does not run proves nothing")
    }

    @Test
    func `setup records the reload of that very process`() throws {
        let ticks = try fake.runDaemon(started: putThere - .seconds(5))
        try fake.write("run/virt-watchdog/reloaded", "1 2\n321 \(ticks)\n")
        #expect(try finding().level == .ok)
        #expect(try finding().message.contains("virt-watchdog setup"))
        for other in ["321 \(ticks + 1)\n", "322 \(ticks)\n", "1321 \(ticks)\n", "321\n", ""] {
            try fake.write("run/virt-watchdog/reloaded", other)
            #expect(try finding().level == .warn, "\(other)")
        }
    }

    /// What systemd says of the unit, by seconds between the hook's change and the unit's.
    @Test(arguments: [
        (1, 321, true, Finding.Level.ok, "reloaded later"),
        (-1, 321, true, .warn, "nothing happened since"),
        (1, 7, true, .warn, "another process"),
        (1, 321, false, .warn, "the end of the start is no reload"),
    ])
    func `systemd knows of a later reload`(
        _ seconds: Int, _ id: Int, _ isReload: Bool, _ level: Finding.Level, _ reason: String
    ) throws {
        try fake.runDaemon(started: putThere - .seconds(5))
        try fake.makeFolder("run/systemd/system")
        let moment = putThere + .seconds(seconds) - Clock.monotonicOrigin
        let microseconds =
            moment.components.seconds * 1_000_000
            + moment.components.attoseconds / 1_000_000_000_000
        let started = isReload ? 1 : microseconds
        try fake.writeProgram(
            "usr/bin/systemctl",
            """
            [ "$1" = show ] && [ "${*##* }" = libvirtd.service ] || exit 1
            echo MainPID=\(id)
            echo ActiveEnterTimestampMonotonic=\(started)
            echo StateChangeTimestampMonotonic=\(microseconds)
            """)
        #expect(try finding().level == level, "\(reason)")
    }

    @Test(arguments: [
        ("op=prepare guest=\"a\" uuid=- plan=attach reason=\"-\"", Finding.Level.ok),
        ("op=protect guest=\"op=prepare \" uuid=- result=attached reason=\"-\"", .warn),
        ("", .warn),
    ])
    func `A line of prepare since the daemon started shows that it calls the hook`(
        line: String, level: Finding.Level
    ) throws {
        let started = putThere - .seconds(5)
        try fake.runDaemon(started: started)
        try fake.writeProgram(
            "usr/bin/journalctl",
            """
            case "$*" in
            *"--since @\(started.components.seconds + 1) "* | *"--since @\(started.components.seconds) "*) ;;
            *) exit 1 ;;
            esac
            echo '\(line)'
            """)
        #expect(try finding().level == level)
    }

    // MARK: A hook that was switched off and on

    /// The daemon's start, some time after the hook was put there; the hook is switched off and on after.
    private func switchOffAndOn() throws -> Duration {
        let started = putThere + .milliseconds(30)
        try fake.runDaemon(started: started)
        usleep(80_000)
        chmod(fake.path("etc/libvirt/hooks/qemu"), 0o644)
        chmod(fake.path("etc/libvirt/hooks/qemu"), 0o755)
        return started
    }

    @Test(arguments: [
        ("", Finding.Level.ok, "the log has no warning"),
        ("virHookCheck:161 : Non-executable hook script /etc/libvirt/hooks/qemu", .warn, "ours"),
        ("virHookCheck:161 : Non-executable hook script /etc/libvirt/hooks/lxc", .ok, "another"),
    ])
    func `libvirt's log shows whether a daemon found the hook that was switched off and on`(
        _ message: String, _ level: Finding.Level, _ reason: String
    ) throws {
        let started = try switchOffAndOn()
        #expect(try finding().level == .warn, "no log")
        #expect(try finding().message.contains("if the hook was not executable"))
        try fake.writeDaemonLog(
            [(started, "info : libvirt version: 9.0.0"), (started + .seconds(1), message)])
        #expect(try finding().level == level, "\(reason)")
        try fake.writeDaemonLog([(started + .seconds(1), message)])
        #expect(try finding().level == .warn, "a rotated log")
        try fake.writeDaemonLog(
            [(started - .seconds(1), "info : libvirt version: 9.0.0"), (started, message)])
        #expect(try finding().level == .warn, "the log of an earlier daemon")
    }

    @Test(arguments: [
        ("log_level = 4", Finding.Level.warn), ("log_level = 3", .ok), ("#log_level = 4", .ok),
        ("log_outputs = \"4:file:/var/log/libvirt/libvirtd.log\"", .warn),
        ("log_outputs=\"1:syslog:libvirtd 3:file:/x\"", .ok),
        ("log_filters=\"1:qemu 4:util\"", .warn), ("max_clients = 5000", .ok),
    ])
    func `A log without warnings shows nothing`(_ line: String, _ level: Finding.Level) throws {
        let started = try switchOffAndOn()
        try fake.writeDaemonLog([(started, "info : libvirt version: 9.0.0")])
        try fake.write("etc/libvirt/libvirtd.conf", "# \n\(line)\n")
        #expect(try finding().level == level)
    }

    @Test func `A hook that was put there later counts as new, whatever the log has`() throws {
        let started = try switchOffAndOn()
        try fake.writeDaemonLog([(started, "info : libvirt version: 9.0.0")])
        #expect(try finding().level == .ok)
        try FileManager.default.moveItem(
            atPath: fake.path("etc/libvirt/hooks/qemu"), toPath: fake.path("etc/hook"))
        try FileManager.default.moveItem(
            atPath: fake.path("etc/hook"), toPath: fake.path("etc/libvirt/hooks/qemu"))
        #expect(try finding().level == .warn)
        #expect(try finding().message.contains("started before the hook was put there"))
    }

    @Test func `The journal shows it, too`() throws {
        let started = try switchOffAndOn()
        let seconds = started.components.seconds + 1
        for (message, level) in [
            ("x", Finding.Level.ok),
            ("Non-executable hook script /etc/libvirt/hooks/qemu", .warn),
        ] {
            try fake.writeProgram(
                "usr/bin/journalctl",
                """
                case "$*" in
                "_PID=321 --since @\(started.components.seconds) "*) ;;
                *) exit 1 ;;
                esac
                echo '\(seconds).000000 host libvirtd[321]: libvirt version: 9.0.0'
                echo '\(seconds).500000 host libvirtd[321]: \(message)'
                """)
            #expect(try finding().level == level, "\(message)")
        }
    }

    @Test
    func `A recorded reload holds while the hook is switched off and on, unless libvirt looks`()
        throws
    {
        let started = putThere - .seconds(5)
        let ticks = try fake.runDaemon(started: started)
        try fake.write("run/virt-watchdog/reloaded", "321 \(ticks)\n")
        let recorded = try fake.changed(fake.path("run/virt-watchdog/reloaded"))
        usleep(20_000)
        chmod(fake.path("etc/libvirt/hooks/qemu"), 0o644)
        chmod(fake.path("etc/libvirt/hooks/qemu"), 0o755)
        #expect(try finding().level == .ok)
        let warning = "warning : Non-executable hook script /etc/libvirt/hooks/qemu"
        for (moment, level) in [
            (recorded - .seconds(1), Finding.Level.ok), (recorded + .seconds(1), .warn),
        ] {
            try fake.writeDaemonLog(
                [(started, "info : libvirt version: 9.0.0"), (moment, warning)])
            #expect(try finding().level == level)
        }
    }

    @Test
    func `A number that another process has by now is no daemon's`() throws {
        try fake.runDaemon(comm: "bash", started: putThere - .seconds(5))
        #expect(try finding().level == .ok)
        try fake.write("run/libvirtd.pid", "none")
        #expect(try finding().level == .ok)
    }

    @Test
    func `A daemon without a file for its number is found by its name`() throws {
        try fake.runDaemon(started: putThere - .seconds(5), isNoted: false)
        try fake.runDaemon("bash", id: 5, started: putThere - .seconds(5), isNoted: false)
        #expect(findings().map(\.level) == [.warn])
        #expect(try finding().remedy == "sudo virt-watchdog setup --reload-only")
    }

    @Test
    func `A daemon of a container is not this host's`() throws {
        try fake.runDaemon(started: putThere - .seconds(5), isNoted: false)
        try fake.makeFolder("proc/self/ns")
        try fake.makeFolder("proc/321/ns")
        try fake.link("proc/self/ns/pid", to: "pid:[1]")
        try fake.link("proc/321/ns/pid", to: "pid:[2]")
        #expect(try finding().level == .ok)
        try FileManager.default.removeItem(atPath: fake.path("proc/321/ns/pid"))
        try fake.link("proc/321/ns/pid", to: "pid:[1]")
        #expect(try finding().level == .warn)
    }

    @Test(arguments: ["", "321", "321 (libvirtd", "321 (libvirtd) S 1 2", "321 (libvirtd) S x"])
    func `A process file that says nothing is no reason to fall over`(_ text: String) throws {
        try fake.runDaemon(started: putThere - .seconds(5))
        try fake.write("proc/321/stat", text)
        #expect(try finding().level == .ok)
    }

    @Test
    func `The start of a process is found behind any name`() throws {
        let started = putThere - .seconds(5)
        try fake.runDaemon(started: started)
        let text = try String(contentsOfFile: fake.path("proc/321/stat"), encoding: .utf8)
        try fake.write(
            "proc/321/stat", text.replacingOccurrences(of: "(libvirtd)", with: "(a) b) S (c)"))
        let daemon = try #require(LibvirtDaemon.running(on: fake.host).first)
        #expect(started - daemon.started < .milliseconds(10) && daemon.started <= started)
    }

    @Test
    func `This host's own processes have the start that they have`() throws {
        let text = try String(contentsOfFile: "/proc/self/stat", encoding: .utf8)
        try fake.write("proc/321/comm", "libvirtd\n")
        try fake.write("proc/321/stat", text)
        try fake.write("run/libvirtd.pid", "321")
        var host = fake.host
        host.bootTime = Clock.bootTime
        let daemon = try #require(LibvirtDaemon.running(on: host).first)
        let now = Duration.seconds(Date().timeIntervalSince1970)
        #expect(daemon.started < now && now - daemon.started < .seconds(3600))
    }
}
