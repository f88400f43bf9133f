// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import virt_watchdog

/// The checks `hook-installed`, `hook-file` and `hook-executable`.
struct DoctorHookTests {
    private let fake: FakeHost

    init() throws {
        fake = try FakeHost()
    }

    private var installed: Finding { HookInstalled.finding(fake.hooks, on: fake.host) }

    private func place() throws -> Finding {
        HookPlace.finding(try #require(fake.hooks.ours.first), on: fake.host)
    }

    private func executable() throws -> Finding {
        HookExecutable.finding(try #require(fake.hooks.ours.first))
    }

    // MARK: hook-installed

    @Test
    func `Without a hook nothing is installed`() throws {
        #expect(installed.level == .fail)
        #expect(installed.remedy == "sudo ./install.sh")
        try FileManager.default.removeItem(atPath: fake.path("etc/libvirt"))
        #expect(installed.level == .fail)
    }

    @Test
    func `Guests are promised a watchdog only where libvirt runs ours`() throws {
        #expect(!fake.hooks.mayIncludeOurs)
        let path = try fake.putHook("qemu")
        #expect(fake.hooks.mayIncludeOurs)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        #expect(!fake.hooks.mayIncludeOurs)
    }

    @Test(arguments: ["qemu", "qemu.d/50-virt-watchdog", "qemu.d/any name", "qemu.d/.hidden"])
    func `Our hook counts wherever libvirt looks`(_ name: String) throws {
        let path = try fake.putHook(name)
        #expect(installed.level == .ok)
        #expect(installed.message.contains(path))
    }

    /// Hooks that are not ours.
    @Test(arguments: [
        ("qemu", "#!/bin/sh\n# urn:virt-watchdog:policy:1\n", "a script that mentions us"),
        ("qemu", "\u{7F}ELF without our text", "another program"),
        ("qemu", "", "an empty file"),
        ("qemu.bak", "\u{7F}ELF urn:virt-watchdog:policy:1", "not where libvirt looks"),
        ("qemu.d/win10/prepare", "\u{7F}ELF urn:virt-watchdog:policy:1", "a folder too deep"),
    ])
    func `Another owner's hook does not count`(
        _ name: String, _ text: String, _ reason: String
    ) throws {
        try fake.putScript(name, text)
        #expect(installed.level == .fail, "\(reason)")
        #expect(installed.message.contains("another hook") == (name == "qemu"), "\(reason)")
    }

    @Test
    func `A hook path that is not a file does not count, and is not waited for`() throws {
        try #require(mkfifo(fake.path("etc/libvirt/hooks/qemu"), 0o755) == 0)
        try fake.makeFolder("etc/libvirt/hooks/qemu.d")
        try #require(mkfifo(fake.path("etc/libvirt/hooks/qemu.d/fifo"), 0o755) == 0)
        try fake.link("etc/libvirt/hooks/qemu.d/nowhere", to: "/nonexistent")
        try fake.link("etc/libvirt/hooks/qemu.d/zero", to: "/dev/zero")
        #expect(installed.level == .fail)
    }

    @Test
    func `Our text is found at the very end, and across what starts like it`() throws {
        let start = String(decoding: FakeELF(text: "").bytes, as: UTF8.self)
        try fake.write(
            "etc/libvirt/hooks/qemu",
            FakeELF(text: "uurn:virt-watchdog:policyurn:virt-watchdog:policy:1").bytes, mode: 0o755)
        #expect(!start.isEmpty && installed.level == .ok)
        try fake.write(
            "etc/libvirt/hooks/qemu", FakeELF(text: "urn:virt-watchdog:policy:").bytes, mode: 0o755)
        #expect(installed.level == .fail)
    }

    @Test
    func `Of two hooks one is too many, and the hook that install.sh upgrades is kept`() throws {
        let first = try fake.putHook("qemu")
        let second = try fake.putHook("qemu.d/50-virt-watchdog")
        #expect(installed.level == .warn)
        #expect(installed.message.contains("2 times"))
        #expect(installed.remedy?.hasSuffix("sudo rm \(first)") == true)
        let third = try fake.putHook("qemu.d/50-virt-watchdog.bak")
        #expect(installed.remedy?.hasSuffix("sudo rm \(first) \(third)") == true)
        #expect(installed.remedy?.contains("keep \(second)") == true)
    }

    @Test
    func `A second hook, which libvirt skips, does no harm`() throws {
        try fake.putHook("qemu", mode: 0o644)
        let run = try fake.putHook("qemu.d/50-virt-watchdog")
        #expect(installed.line == "ok the hook is \(run)")
    }

    @Test(.disabled(if: Repository.isRoot, "root may read all"))
    func `A hook that this user may not read is left to root`() throws {
        try fake.putHook("qemu", mode: 0o000)
        #expect(installed.level == .warn)
        #expect(installed.remedy?.contains("sudo virt-watchdog doctor") == true)
        chmod(fake.path("etc/libvirt/hooks"), 0)
        defer { chmod(fake.path("etc/libvirt/hooks"), 0o755) }
        #expect(installed.level == .warn)
    }

    // MARK: hook-file

    @Test
    func `A real file that only its owner can change is right`() throws {
        try fake.putHook()
        #expect(try place().level == .ok)
    }

    @Test(arguments: [
        (mode_t(0o775), "its group"), (0o757, "everybody"), (0o777, "everybody"),
    ])
    func `A hook that others can change is a way to become root`(
        _ mode: mode_t, _ who: String
    ) throws {
        let path = try fake.putHook(mode: mode)
        let finding = try place()
        #expect(finding.level == .fail)
        #expect(finding.message.contains(who))
        #expect(finding.remedy == "sudo chown root:root \(path) && sudo chmod 0755 \(path)")
    }

    @Test
    func `A hook that only root can read is warned of`() throws {
        try fake.putHook(mode: 0o711)
        #expect(try place().level == .warn)
        #expect(try place().message.contains("mode 0711"))
    }

    @Test
    func `Another user's hook is a way to become root`() throws {
        try fake.putHook()
        var host = fake.host
        host.administrator = geteuid() + 1
        let finding = HookPlace.finding(try #require(fake.hooks.ours.first), on: host)
        #expect(finding.level == .fail)
        #expect(finding.message.contains("belongs to the user \(geteuid())"))
    }

    @Test
    func `A hook whose directory others can write to is a way to become root`() throws {
        try fake.putHook()
        chmod(fake.path("etc/libvirt/hooks"), 0o777)
        #expect(try place().level == .fail)
        chmod(fake.path("etc/libvirt/hooks"), 0o1777)
        #expect(try place().level == .ok, "the sticky bit keeps others from that")
    }

    /// Where a link leads, and what becomes of it.
    @Test(arguments: [
        ("usr/bin/hook", Finding.Level.warn), ("usr/sbin/hook", .warn), ("sbin/hook", .warn),
        ("etc/libvirt/hooks/elsewhere/hook", .warn), ("usr/bin/deeper/hook", .fail),
        ("usr/libexec/hook", .fail), ("opt/hook", .fail), ("usr/local/bin/hook", .fail),
        ("etc/libvirt/hooks-real", .fail),
    ])
    func `A link is judged by where it leads`(_ target: String, _ level: Finding.Level) throws {
        let real = try fake.write(target, FakeELF().bytes, mode: 0o755)
        try fake.link("etc/libvirt/hooks/qemu", to: real)
        let finding = try place()
        #expect(finding.level == level)
        #expect(finding.message.contains("/" + target))
        #expect(finding.remedy?.contains("sudo ./install.sh") == true)
    }

    @Test
    func `A package's link in qemu.d to the hook's program is ok, and not in the place of a file`()
        throws
    {
        let real = try fake.write("usr/bin/virt-watchdog-hook", FakeELF().bytes, mode: 0o755)
        try fake.makeFolder("etc/libvirt/hooks/qemu.d")
        try fake.link("etc/libvirt/hooks/qemu.d/50-virt-watchdog", to: real)
        #expect(try place().level == .ok)
        #expect(try place().message.contains("is a link to a file"))
        try FileManager.default.moveItem(
            atPath: fake.path("etc/libvirt/hooks/qemu.d/50-virt-watchdog"),
            toPath: fake.path("etc/libvirt/hooks/qemu"))
        #expect(try place().level == .warn)
    }

    @Test
    func `A link of the whole folder is judged, too`() throws {
        try FileManager.default.removeItem(atPath: fake.path("etc/libvirt/hooks"))
        try fake.write("opt/hooks/qemu", FakeELF().bytes, mode: 0o755)
        try fake.link("etc/libvirt/hooks", to: fake.path("opt/hooks"))
        #expect(try place().level == .fail)
    }

    @Test
    func `A link to nowhere is no hook`() throws {
        try fake.link("etc/libvirt/hooks/qemu", to: "/nonexistent")
        #expect(installed.level == .fail)
        #expect(installed.message.contains("a link to nowhere"))
    }

    // MARK: hook-executable

    @Test(arguments: [
        (mode_t(0o755), Finding.Level.ok), (0o555, .ok), (0o711, .ok), (0o644, .fail),
        (0o600, .fail), (0o700, .warn), (0o750, .warn), (0o654, .warn), (0o645, .warn),
    ])
    func `The libvirt of every user must be able to run the hook`(
        _ mode: mode_t, _ level: Finding.Level
    ) throws {
        try #require(mode & 0o400 != 0)
        let path = try fake.putHook(mode: mode)
        let finding = try executable()
        #expect(finding.level == level)
        #expect(finding.remedy == (level == .ok ? nil : "sudo chmod 0755 \(path)"))
    }

    @Test
    func `The entry point for others has the checks of the hook and no more`() throws {
        try fake.putHook()
        let findings = HookChecks.findings(on: fake.host, connection: nil)
        #expect(
            findings.map(\.check) == [.hookInstalled, .hookFile, .hookExecutable, .hookSeen])
        #expect(findings.allSatisfy { $0.level == .ok })
        try fake.putHook("qemu", mode: 0o644)
        #expect(
            HookChecks.findings(on: fake.host, connection: nil).map(\.check)
                == [.hookInstalled, .hookFile, .hookExecutable],
            "doctor skips a hook that does not run")
        try FileManager.default.removeItem(atPath: fake.path("etc"))
        #expect(
            HookChecks.findings(on: fake.host, connection: nil).map(\.check) == [.hookInstalled])
    }
}
