// SPDX-License-Identifier: Apache-2.0

import DomainXML
import Foundation
import Host
import Libvirt
import Protector
import System
import SystemPackage
import TestSupport
import Testing
import WatchdogPolicy

@testable import virt_watchdog

/// The checks of the hook's surroundings.
struct DoctorHostTests {
    private let fake: FakeHost

    init() throws {
        fake = try FakeHost()
    }

    // MARK: security-module

    private func security(answers isReachable: Bool = true) -> [Finding] {
        SecurityModules.findings(
            LibvirtDaemons(
                running: LibvirtDaemon.running(on: fake.host), isReachable: isReachable),
            on: fake.host)
    }

    private func enableAppArmor(_ label: String?) throws {
        try fake.write("sys/module/apparmor/parameters/enabled", "Y\n")
        try fake.runDaemon(started: FakeHost.bootTime + .seconds(60))
        if let label { try fake.write("proc/321/attr/apparmor/current", label) }
    }

    @Test
    func `Without a security module nothing is in the way`() throws {
        #expect(security().map(\.line) == ["ok neither AppArmor nor SELinux is active"])
        try fake.write("sys/module/apparmor/parameters/enabled", "N\n")
        #expect(security().map(\.level) == [.ok])
    }

    @Test(arguments: ["usr/sbin/virt-watchdogd"])
    func `Under AppArmor the protector must be where libvirt may start it`(
        _ place: String
    ) throws {
        try enableAppArmor("libvirtd (enforce)\n")
        try fake.write(place, "", mode: 0o755)
        #expect(security().map(\.level) == [.ok])
        #expect(security()[0].message.contains("libvirtd (enforce)"))

        try FileManager.default.removeItem(atPath: fake.path(place))
        let elsewhere = try fake.write("opt/virt-watchdog", "", mode: 0o755)
        try fake.link(place, to: elsewhere)
        #expect(security().map(\.level) == [.fail])
        #expect(security()[0].message.contains(elsewhere))
        #expect(security()[0].remedy?.contains("sudo ./install.sh") == true)

        try fake.write(
            "etc/apparmor.d/local/usr.sbin.libvirtd", "# /usr/sbin/virt-watchdogd PUx,\n")
        #expect(security().map(\.level) == [.fail], "a comment allows nothing")
        try fake.write(
            "etc/apparmor.d/local/usr.sbin.libvirtd", "  /usr/sbin/virt-watchdogd PUx,\n")
        #expect(security().map(\.level) == [.ok], "the host has a rule of its own")
    }

    @Test(arguments: ["unconfined\n", "libvirtd (complain)\n"])
    func `AppArmor that does not enforce stops nothing`(_ label: String) throws {
        try enableAppArmor(label)
        #expect(security().map(\.level) == [.ok])
    }

    @Test
    func `AppArmor is left to root if this user cannot see its profiles`() throws {
        try enableAppArmor(nil)
        #expect(security().map(\.level) == [.warn])
        #expect(security()[0].remedy?.contains("sudo virt-watchdog doctor") == true)
    }

    @Test(arguments: [
        ("libvirtd (enforce)\n", Finding.Level.fail),
        ("/usr/sbin/libvirtd (enforce)\n", .fail), ("virtqemud (enforce)\n", .fail),
        ("libvirtd (complain)\n", .ok), ("libvirtd//bridge (enforce)\nfirefox (enforce)\n", .ok),
    ])
    func `Without a daemon AppArmor's profiles are looked at`(
        _ profiles: String, _ level: Finding.Level
    ) throws {
        try fake.write("sys/module/apparmor/parameters/enabled", "Y\n")
        try fake.write("sys/kernel/security/apparmor/profiles", profiles)
        try fake.makeFolder("usr/sbin")
        try fake.write("opt/virt-watchdog", "", mode: 0o755)
        try fake.link("usr/sbin/virt-watchdogd", to: fake.path("opt/virt-watchdog"))
        #expect(security().map(\.level) == [level])
    }

    @Test(arguments: [
        ("1", "virtqemud", "system_u:system_r:virtqemud_t:s0\0", Finding.Level.fail),
        ("0", "virtqemud", "system_u:system_r:virtqemud_t:s0\0", .ok),
        ("1", "libvirtd", "system_u:system_r:virtd_t:s0-s0:c0.c1023\0", .ok),
        ("1", "virtqemud", "", .warn),
    ])
    func `SELinux lets virtqemud run no hook`(
        _ enforce: String, _ daemon: String, _ context: String, _ level: Finding.Level
    ) throws {
        try fake.write("sys/fs/selinux/enforce", enforce)
        try fake.runDaemon(daemon, started: FakeHost.bootTime + .seconds(60))
        if !context.isEmpty { try fake.write("proc/321/attr/current", context) }
        #expect(security().map(\.level) == [level])
        if level == .fail { #expect(security()[0].remedy?.contains("virt_hook_t") == true) }
    }

    /// The kernel's answers, and the level of each.
    @Test(arguments: [
        ("4 ffffffff 0 0 1 0", Finding.Level.ok, "the host's own module allows it"),
        ("0 ffffffff 0 0 1 1", .ok, "the daemon is permissive"),
        ("fffffffb ffffffff 0 0 1 0", .fail, "all but that"), ("nonsense", .fail, "no answer"),
        ("", .fail, "no answer"), ("0 0 0 0 0 0 1", .fail, "another answer"),
    ])
    func `The loaded SELinux policy counts`(
        _ answer: String, _ level: Finding.Level, _ reason: String
    ) throws {
        let context = "system_u:system_r:virtqemud_t:s0"
        try fake.write("sys/fs/selinux/enforce", "1")
        try fake.write("sys/fs/selinux/class/file/index", "6")
        try fake.write("sys/fs/selinux/class/file/perms/execute", "3")
        try fake.runDaemon("virtqemud", started: FakeHost.bootTime + .seconds(60))
        try fake.write("proc/321/attr/current", context + "\0")
        // In a plain file, the answer follows the question.
        let question = "\(context) system_u:object_r:virt_hook_t:s0 6 4"
        let access = try fake.write(
            "sys/fs/selinux/access",
            String(repeating: "?", count: question.utf8.count) + answer, mode: 0o666)
        #expect(security().map(\.level) == [level], "\(reason)")
        let asked = try String(contentsOfFile: access, encoding: .utf8)
        #expect(asked == question + answer)
    }

    @Test
    func `SELinux is asked about the program that a package's link leads to`() throws {
        let context = "system_u:system_r:virtqemud_t:s0"
        try fake.write("sys/fs/selinux/enforce", "1")
        try fake.write("sys/fs/selinux/class/file/index", "6")
        try fake.write("sys/fs/selinux/class/file/perms/execute", "3")
        try fake.runDaemon("virtqemud", started: FakeHost.bootTime + .seconds(60))
        try fake.write("proc/321/attr/current", context + "\0")
        let program = try fake.write("usr/bin/virt-watchdog-hook", FakeELF().bytes, mode: 0o755)
        try fake.makeFolder("etc/libvirt/hooks/qemu.d")
        try fake.link("etc/libvirt/hooks/qemu.d/50-virt-watchdog", to: program)
        let question = "\(context) system_u:object_r:bin_t:s0 6 4"
        let access = try fake.write(
            "sys/fs/selinux/access",
            String(repeating: "?", count: question.utf8.count) + "4 ffffffff 0 0 1 0", mode: 0o666)
        #expect(security().map(\.level) == [.ok])
        #expect(try String(contentsOfFile: access, encoding: .utf8).hasPrefix(question))
    }

    @Test
    func `SELinux will stop a virtqemud that does not run yet`() throws {
        try fake.write("sys/fs/selinux/enforce", "1")
        #expect(security().map(\.level) == [.ok])
        try fake.write("usr/sbin/virtqemud", "", mode: 0o755)
        #expect(security().map(\.level) == [.fail])
    }

    // MARK: protector

    @Test(arguments: [
        (mode_t(0o755), Finding.Level.ok), (0o555, .ok), (0o644, .fail), (0o700, .fail),
        (0o777, .fail), (0o775, .fail),
    ])
    func `Every user can start the protector, and only root can change it`(
        _ mode: mode_t, _ level: Finding.Level
    ) throws {
        try fake.write("usr/sbin/virt-watchdogd", "", mode: mode)
        #expect(ProtectorFile.finding(on: fake.host).level == level)
    }

    @Test
    func `Without a protector guests get nothing`() throws {
        #expect(ProtectorFile.finding(on: fake.host).level == .fail)
        try fake.makeFolder("usr/sbin/virt-watchdogd")
        #expect(ProtectorFile.finding(on: fake.host).level == .fail)
    }

    // MARK: properties-file, properties-mode

    private static let properties = "etc/virt-watchdog/agent.properties"

    private func policy(_ host: LocalHost? = nil) -> [Finding] {
        let host = host ?? fake.host
        return PropertiesFile.findings(PolicyLoader.load(host.paths), on: host)
    }

    @Test
    func `Without a file the built-in policy is in force`() throws {
        #expect(
            policy().map(\.line) == [
                "ok no agent.properties; the built-in policy is in force: i6300esb with"
                    + " action reset"
            ])
    }

    @Test
    func `A file in order that only root can change is right`() throws {
        let file = try fake.write(Self.properties, "vm.watchdog.action=pause\n")
        #expect(policy().map(\.level) == [.ok, .ok])
        #expect(policy()[0].message == "\(file) is valid")
        let agents = try fake.write("etc/cloudstack/agent/agent.properties", "a=b\n", mode: 0o600)
        #expect(policy()[0].message == "\(agents) is valid; \(file) is ignored")
    }

    @Test
    func `Each problem is a finding with its place, and no other value is shown`() throws {
        let file = try fake.write(
            Self.properties,
            "keystore.passphrase=canary\nvm.watchdog.action=rest\nvm.watchdog.modle=x\n"
                + "vm.watchdog.enforce=canary\\u1\n")
        let lines = policy().lines(.propertiesFile)
        #expect(lines.contains { $0.hasPrefix("fail \(file):2:20: error:") })
        #expect(lines.contains { $0.hasPrefix("warn \(file):3:1: warning:") })
        #expect(lines.allSatisfy { $0.contains(" -> fix \(file)") })
        #expect(!lines.joined().contains("passphrase"))
    }

    @Test
    func `A file that is named and not there is an error`() throws {
        var host = fake.host
        host.paths.chosenProperties = fake.path("missing")
        #expect(policy(host).map(\.level) == [.fail])
    }

    @Test
    func `A file that is named for the tool is not the hook's`() throws {
        var host = fake.host
        host.paths.chosenProperties = try fake.write("mine", "vm.watchdog.action=none")
        #expect(policy(host)[0].message.contains("the hook does not read it"))
    }

    @Test(.disabled(if: Repository.isRoot, "root may read all"))
    func `A file that this user may not read is left to root`() throws {
        try fake.write(Self.properties, "", mode: 0)
        var host = fake.host
        host.administrator = geteuid() + 1
        let lines = policy(host).lines(.propertiesFile)
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("warn ") == true)
        #expect(lines.first?.contains("sudo virt-watchdog doctor") == true)
    }

    @Test(arguments: [
        (mode_t(0o600), Finding.Level.ok), (0o644, .ok), (0o664, .fail), (0o646, .fail),
        (0o666, .fail),
    ])
    func `A policy that others can change is not read`(
        _ mode: mode_t, _ level: Finding.Level
    ) throws {
        let file = try fake.write(Self.properties, "vm.watchdog.action=rest", mode: mode)
        let findings = policy()
        let finding = try #require(findings.first { $0.check == .propertiesMode })
        #expect(finding.level == level)
        guard level == .fail else { return }
        #expect(finding.remedy == "sudo chown root \(file) && sudo chmod go-w \(file)")
        #expect(finding.message.contains("0\(String(mode, radix: 8))"))
        let contents = try #require(findings.first { $0.check == .propertiesFile })
        #expect(contents.level == .fail)
        #expect(!contents.message.contains("rest"), "an untrusted text is not shown")
    }

    @Test
    func `A properties file that --properties names is read, with a warning`() throws {
        var host = fake.host
        host.paths.chosenProperties = try fake.write("mine", "a=b", mode: 0o666)
        #expect(policy(host).map(\.level) == [.ok, .warn])
    }

    @Test(arguments: [
        (mode_t(0o777), Finding.Level.fail), (0o757, .fail), (0o1777, .ok), (0o755, .ok),
    ])
    func `A policy in a directory that others can write to is not read`(
        _ mode: mode_t, _ level: Finding.Level
    ) throws {
        try fake.write(Self.properties, "a=b")
        for name in ["etc/virt-watchdog", "etc"] {
            try fake.makeFolder(name, mode: mode)
            let finding = try #require(policy().first { $0.check == .propertiesMode })
            #expect(finding.level == level)
            if level == .fail { #expect(finding.remedy?.contains(fake.path(name)) == true) }
            try fake.makeFolder(name)
        }
    }

    @Test
    func `A policy is not read if others can change its link or its target`() throws {
        let real = try fake.write("open/agent.properties", "a=b")
        try fake.makeFolder("etc/virt-watchdog")
        try fake.link(Self.properties, to: real)
        #expect(policy().first { $0.check == .propertiesMode }?.level == .ok)
        try fake.makeFolder("open", mode: 0o777)
        #expect(policy().first { $0.check == .propertiesMode }?.level == .fail)
        try fake.makeFolder("open")
        try fake.makeFolder("etc/virt-watchdog", mode: 0o1777)
        let finding = try #require(policy().first { $0.check == .propertiesMode })
        #expect(finding.level == .fail)
        #expect(
            finding.message.contains(
                "is a symbolic link in a directory that other users can write to"))
    }

    @Test(.enabled(if: Repository.runs(where: Repository.isRoot), "needs root"))
    func `A policy of another owner is not read`() throws {
        let file = try fake.write(Self.properties, "a=b")
        chown(file, 65534, 0)
        let finding = try #require(policy().first { $0.check == .propertiesMode })
        #expect(finding.level == .fail)
        #expect(finding.message.contains("belongs to the user 65534"))
    }

    @Test
    func `A folder that a group may write to is open, whichever it is, unless it is sticky`() {
        func ways(_ mode: UInt32, group: UInt32) -> Int {
            var status = Stat(rawValue: CInterop.Stat())
            status.type = .directory
            status.permissions = FilePermissions(rawValue: mode)
            status.groupID = GroupID(group)
            return status.folderExposure(trusting: [0]).count
        }
        #expect(ways(0o775, group: 4) == 1)
        #expect(ways(0o775, group: 0) == 1, "an access list shows like this, too")
        #expect(ways(0o1775, group: 4) == 0)
    }

    // MARK: emulator

    private func emulator(
        _ text: String, policy: Policy = .builtIn, arch: String = "x86_64"
    ) throws -> Finding {
        let path = try fake.writeProgram("usr/bin/qemu", text)
        let capabilities = HostCapabilities(arch: arch, emulators: [path])
        return try #require(Emulator.findings(capabilities, policy).first)
    }

    /// Devices that an emulator may list, and the level of each.
    @Test(arguments: [
        ("i6300esb", "i6300esb", "x86_64", Finding.Level.ok),
        ("i6300esb-two", "i6300esb", "x86_64", .fail), ("ib700", "i6300esb", "aarch64", .fail),
        ("ib700", "ib700", "x86_64", .ok), ("diag288", "fitting", "s390x", .ok),
        ("i6300esb", "fitting", "s390x", .fail), ("e1000", "itco", "x86_64", .ok),
        ("e1000", "none", "x86_64", .ok),
    ])
    func `QEMU must have the device that the policy asks for`(
        _ device: String, _ model: String, _ arch: String, _ level: Finding.Level
    ) throws {
        let text = model == "fitting" ? "" : "vm.watchdog.model=\(model)"
        let policy = PolicyReport(reading: Array(text.utf8), from: "").policy
        let script = """
            [ "$*" = "-device help" ] || exit 1
            echo 'Watchdog devices:'
            echo 'name "e1000", bus PCI'
            echo 'name "\(device)", bus PCI, desc "a device"'
            """
        #expect(try emulator(script, policy: policy, arch: arch).level == level)
    }

    /// What an emulator may do instead of listing its devices.
    @Test(arguments: ["exit 0", "exit 1", "echo 'error: \u{1B}[2J' >&2; exit 3", "kill -9 $$"])
    func `An emulator that says nothing is no failure of ours`(_ script: String) throws {
        let finding = try emulator(script)
        #expect(finding.level == .warn)
        #expect(finding.remedy?.hasSuffix("-device help") == true)
        #expect(!finding.message.contains("\u{1B}"))
    }

    @Test
    func `An emulator that cannot be started is no failure of ours`() throws {
        let capabilities = HostCapabilities(arch: "x86_64", emulators: ["/nonexistent/qemu"])
        let findings = Emulator.findings(capabilities, .builtIn)
        #expect(findings.map(\.level) == [.warn])
        #expect(findings[0].message.contains("No such file"))
    }

    @Test
    func `Without any QEMU there is nothing to protect`() {
        let findings = Emulator.findings(HostCapabilities(arch: nil, emulators: []), .builtIn)
        #expect(findings.map(\.level) == [.fail])
    }

    // MARK: log, refusals

    @Test
    func `A daemon must read the log socket`() throws {
        #expect(LogReachable.finding(on: fake.host).level == .warn)
        try fake.makeFolder("dev")
        var socket: LogSocket? = try LogSocket(at: fake.path("dev/log"))
        #expect(LogReachable.finding(on: fake.host).level == .ok)
        #expect(socket?.takeLines().isEmpty == true, "nothing is sent")
        socket = nil
        #expect(LogReachable.finding(on: fake.host).level == .warn, "no daemon listens any more")
        #expect(LogReachable.finding(on: fake.host).remedy?.contains("rsyslogd") == true)
        try fake.makeFolder("run/systemd/system")
        #expect(LogReachable.finding(on: fake.host).remedy?.contains("journald") == true)
    }

    private static func line(_ fields: String, guest: String = "web") -> String {
        "Nov 23 15:00:00 host virt-watchdog[7]: op=started guest=\"\(guest)\" uuid=- \(fields)"
            + " reason=\"because\""
    }

    private var refusals: [Finding] { Refusals.findings(on: fake.host) }

    @Test(arguments: ["", "run/log/journal", "run/log/journal/1", "var/log/journal/1"])
    func `Without a log, a warning names the fix`(_ folder: String) throws {
        if !folder.isEmpty { try fake.makeFolder(folder) }
        try fake.writeProgram("usr/bin/journalctl", "exit 0")
        #expect(refusals.map(\.level) == [.warn])
        #expect(refusals.first?.message.contains("no log found") == true)
        #expect(refusals.first?.remedy?.contains("rsyslogd") == true)
        try fake.makeFolder("run/systemd/system")
        #expect(refusals.first?.remedy == "sudo systemctl restart systemd-journald")
        var host = fake.host
        host.administrator = geteuid() + 1
        #expect(Refusals.findings(on: host).map(\.message) == refusals.map(\.message))
    }

    @Test
    func `A journal that journalctl does not read is no log`() throws {
        try writeJournal("exit 1")
        #expect(refusals.map(\.level) == [.warn])
        #expect(refusals.first?.message.contains("journalctl is missing or fails") == true)
        try FileManager.default.removeItem(atPath: fake.path("usr/bin/journalctl"))
        #expect(refusals.map(\.level) == [.warn])
        try fake.write("var/log/syslog", "")
        #expect(refusals.map(\.level) == [.ok])
    }

    @Test(arguments: ["syslog", "messages"])
    func `A log file's last guests without protection are shown`(_ name: String) throws {
        try fake.write("var/log/\(name)", "other text\n" + Self.line("plan=attach") + "\n")
        #expect(refusals.map(\.line) == ["ok the log has no guest without protection"])
        let wanted = [
            "plan=refuse result=refused", "result=failed", "plan=attach result=unprotected",
            "plan=cold-plug", "plan=change-action result=not-changed", "plan=refuse",
        ]
        let lines =
            wanted.map { Self.line($0) } + [
                Self.line("plan=leave"), "kernel: plan=refuse result=refused ",
            ]
        try fake.write("var/log/\(name)", lines.joined(separator: "\n") + "\n")
        #expect(refusals.map(\.message) == wanted.dropFirst().map { Self.line($0) })
        #expect(refusals.allSatisfy { $0.level == .warn })
        #expect(
            refusals.allSatisfy { $0.remedy == "see the reason: virt-watchdog plan web" })
    }

    @Test
    func `Of a large log the end is read`() throws {
        let filler = String(repeating: "something else\n", count: 40_000)
        try fake.write("var/log/syslog", Self.line("result=refused") + "\n" + filler)
        #expect(refusals.map(\.level) == [.ok])
        try fake.write("var/log/syslog", filler + Self.line("result=refused") + "\n")
        #expect(refusals.map(\.level) == [.warn])
    }

    @Test
    func `A line of the log can neither steer the terminal nor name a command`() throws {
        let line = Self.line("result=refused \u{1B}[2J\u{202E}", guest: "x; reboot")
        try fake.write("var/log/syslog", line + String(repeating: "x", count: 10_000) + "\n")
        let finding = try #require(refusals.first)
        #expect(!finding.line.contains("\u{1B}") && !finding.line.contains("\u{202E}"))
        #expect(finding.remedy == "see the reason: virt-watchdog plan")
        #expect(finding.message.count < 1000)
    }

    private func writeJournal(_ script: String) throws {
        try fake.write("run/log/journal/1/system.journal", "")
        try fake.writeProgram("usr/bin/journalctl", script)
    }

    @Test
    func `The journal comes first, and is asked for ours only`() throws {
        try fake.write("var/log/syslog", Self.line("result=refused", guest: "old") + "\n")
        try writeJournal(
            """
            [ "$*" = "-t virt-watchdog -p warning -n 5 --no-pager -q" ] || exit 1
            echo '-- Boot 1 --'
            echo 'Nov 23 15:00:00 host virt-watchdog[7]: op=prepare guest="new" reason="no"'
            """)
        #expect(refusals.count == 1)
        #expect(refusals.first?.remedy == "see the reason: virt-watchdog plan new")
        for silent in ["exit 0", "exit 1", "echo '-- No entries --'"] {
            try writeJournal(silent)
            #expect(refusals.first?.remedy?.hasSuffix("plan old") == true, "\(silent)")
        }
        try FileManager.default.removeItem(atPath: fake.path("var"))
        try writeJournal("exit 0")
        #expect(refusals.map(\.line) == ["ok the log has no guest without protection"])
    }

    @Test
    func `A user who may not read the log gets a message`() throws {
        try writeJournal("exit 0")
        var host = fake.host
        host.administrator = geteuid() + 1
        let findings = Refusals.findings(on: host)
        #expect(findings.map(\.level) == [.warn])
        #expect(findings[0].remedy?.contains("sudo virt-watchdog doctor") == true)
    }
}
