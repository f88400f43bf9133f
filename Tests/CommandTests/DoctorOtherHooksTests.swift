// SPDX-License-Identifier: Apache-2.0

import Foundation
import Host
import Libvirt
import System
import TestSupport
import Testing

@testable import virt_watchdog

/// The checks `other-hooks` and `libvirt-version`.
struct DoctorOtherHooksTests {
    private let fake: FakeHost

    init() throws {
        fake = try FakeHost()
    }

    /// What makes CloudStack's hook known.
    private static let cloudStack = """
        #!/usr/bin/python3
        from cloudutils.configFileOps import configFileOps
        """

    /// The line of VFIO-Tools' hook by which it finds a guest's hooks.
    private static let vfioTools = """
        #!/usr/bin/env bash
        # Add your hooks in /etc/libvirt/hooks/qemu.d/vm_name/hook_name/state_name.
        HOOKPATH="$BASEDIR/qemu.d/$GUEST_NAME/$HOOK_NAME/$STATE_NAME"
        """

    private func findings(_ version: Version? = nil) -> [Finding] {
        OtherHooks.findings(fake.hooks, version: version, on: fake.host)
    }

    private func message() throws -> String {
        let findings = findings()
        #expect(findings.map(\.level) == [.ok])
        return try #require(findings.first).message
    }

    /// The hooks' names in the order in which a message has them.
    private func order(_ message: String) -> [String] {
        message.matches(of: /hooks\/(qemu\S*)( [^(]*)? \(/).map { String($0.output.1) }
    }

    @Test
    func `Alone, ours has no company`() throws {
        try fake.putHook()
        #expect(try message() == "libvirt runs no other hook for QEMU guests")
    }

    @Test
    func `Hooks are named in the order in which libvirt runs them`() throws {
        for name in ["9-last", "10-first", "Upper", "50-a", "51-b", "é"] {
            try fake.putScript("qemu.d/\(name)")
        }
        try fake.putHook("qemu.d/50-virt-watchdog")
        try fake.putScript("qemu")
        let message = try message()
        #expect(
            order(message) == [
                "qemu", "qemu.d/10-first", "qemu.d/50-a", "qemu.d/50-virt-watchdog", "qemu.d/51-b",
                "qemu.d/9-last", "qemu.d/Upper", "qemu.d/é'",
            ])
        #expect(message.contains("50-virt-watchdog (ours), then"))
        #expect(message.contains("hooks/qemu (another program's), then"))
        #expect(message.contains("qemu.d/é' (another program's)"))
    }

    @Test
    func `CloudStack's hook is known by its text`() throws {
        try fake.putScript("qemu", Self.cloudStack)
        try fake.putHook("qemu.d/50-virt-watchdog")
        let message = try message()
        #expect(message.contains("hooks/qemu (CloudStack's), then "))
        #expect(message.hasSuffix("50-virt-watchdog (ours)"))
    }

    @Test(arguments: [
        vfioTools, "#!/bin/sh\nrun \"${0%/*}\"/'qemu.d'/\"${1}\"/$2/$3\n",
        "#!/bin/bash\nHOOKPATH=\"$0.d/$1/$2/$3\"\n",
    ])
    func `VFIO-Tools' hook is known by where it looks, and its folders are left to it`(
        _ text: String
    ) throws {
        try fake.putScript("qemu", text)
        try fake.putScript("qemu.d/win 10/prepare/begin/start.sh")
        try fake.putHook("qemu.d/50-virt-watchdog")
        let message = try message()
        #expect(message.contains("hooks/qemu (VFIO-Tools'), then "))
        #expect(message.contains("it skips the folder '"))
        #expect(message.contains("hooks/qemu.d/win 10', whose hooks VFIO-Tools' hook runs"))
    }

    @Test
    func `A guest's directory without VFIO-Tools' hook is not run`() throws {
        try fake.putHook()
        try fake.putScript("qemu.d/win10/prepare/begin/start.sh")
        try fake.makeFolder("etc/libvirt/hooks/qemu.d/win11")
        let message = try message()
        #expect(message.contains("it skips the folders "))
        #expect(message.contains("win11, whose hooks nothing runs"))
    }

    @Test
    func `A comment that speaks of qemu.d makes no dispatcher`() throws {
        try fake.putScript("qemu", "#!/bin/sh\n# see /etc/libvirt/hooks/qemu.d/README\n")
        #expect(try message().contains("another program's"))
    }

    @Test
    func `A file that cannot be executed is skipped`() throws {
        try fake.putHook()
        try fake.putScript("qemu.d/10-off", mode: 0o644)
        let message = try message()
        #expect(message.hasPrefix("libvirt runs no other hook"))
        #expect(message.contains("it skips ") && message.contains("10-off, which cannot"))
    }

    @Test(arguments: ["qemu", "qemu.d/20-nowhere"])
    func `A link to nowhere is a failure`(_ name: String) throws {
        try fake.makeFolder("etc/libvirt/hooks/qemu.d")
        try fake.link("etc/libvirt/hooks/\(name)", to: "/nonexistent")
        let findings = findings()
        try #require(findings.map(\.level) == [.ok, .fail])
        #expect(findings[1].message.contains("\(name) is a dangling symbolic link"))
        #expect(findings[1].remedy?.contains("sudo rm ") == true)
    }

    @Test
    func `A directory in the place of a hook, or a file in that of a directory, is a failure`()
        throws
    {
        try fake.makeFolder("etc/libvirt/hooks/qemu")
        try fake.write("etc/libvirt/hooks/qemu.d", "")
        let findings = findings()
        try #require(findings.map(\.level) == [.ok, .fail, .fail])
        #expect(findings[1].message.contains("hooks/qemu is a directory"))
        #expect(findings[2].message.contains("hooks/qemu.d is no directory"))
        #expect(self.findings(Version(6, 4)).map(\.level) == [.ok, .fail])
    }

    /// Hooks that cannot run, and why.
    @Test(arguments: [
        ("", "is empty"), ("exit 0\n", "no interpreter line"),
        ("\n#!/bin/sh\n", "no interpreter line"), (" #!/bin/sh\n", "no interpreter line"),
        ("\u{FEFF}#!/bin/sh\n", "byte order mark"), ("#\0!\0/\0", "NUL byte"),
        ("#!\n", "names no interpreter"), ("#!  \t\nexit\n", "names no interpreter"),
        ("#!/bin/" + String(repeating: "x", count: 300), "names no interpreter"),
        ("#!/bin/bash\r\nexit 0\r\n", "ends with CR LF"),
        ("#!/usr/bin/env bash\r\n", "ends with CR LF"), ("#!/bin/sh -e\r\n", "ends with CR LF"),
        ("#!/bin/nosuch\n", "interpreter /bin/nosuch is missing"),
        ("#! /opt/nosuch/sh  -e \n", "interpreter /opt/nosuch/sh is missing"),
        ("#!sh\n", "interpreter sh is missing"),
        ("#!/usr/bin/env nosuchshell\n", "interpreter nosuchshell is missing"),
        ("#!/usr/bin/env bash -e\n", "interpreter 'bash -e' is missing"),
        ("#!/usr/bin/env -S nosuch -e\n", "interpreter nosuch is missing"),
        ("#!/usr/bin/env -S FOO=1 nosuch\n", "interpreter nosuch is missing"),
        ("#!/usr/bin/env -iS -u HOME nosuch\n", "interpreter nosuch is missing"),
        ("#!/usr/bin/env --split-string=nosuch -e\n", "interpreter nosuch is missing"),
        ("#!/usr/bin/env -S PATH=/opt bash\n", "interpreter bash is missing"),
        ("#!/usr/bin/env /opt/nosuch\n", "interpreter /opt/nosuch is missing"),
        ("#!/etc\n", "interpreter /etc is not executable"),
        ("#!/opt/plain\n", "interpreter /opt/plain is not executable"),
        ("#!/opt/script\n", "interpreter /opt/script cannot run: its interpreter /bin/nosuch"),
        ("#!/opt/loop\n", "deeper than the kernel follows"),
        ("#!/opt/foreign\n", "interpreter /opt/foreign cannot run: it is a program for another"),
    ])
    func `A script that cannot run is a failure`(_ text: String, _ reason: String) throws {
        try fake.write("opt/plain", "")
        try fake.write("opt/script", "#!/bin/nosuch\n", mode: 0o755)
        try fake.write("opt/loop", "#!/opt/loop\n", mode: 0o755)
        try fake.write("opt/foreign", FakeELF(machine: 0xABCD).bytes, mode: 0o755)
        for name in ["qemu", "qemu.d/60-site"] {
            let path = try fake.putScript(name, text)
            let findings = findings()
            #expect(findings.map(\.level) == [.ok, .fail])
            guard findings.count == 2 else { continue }
            #expect(findings[1].message.contains("\(name) cannot run: "))
            #expect(findings[1].message.contains(reason))
            #expect(findings[1].message.contains("No guest starts"))
            #expect(
                findings[1].message.contains("libvirt kills running guests at its next restart"))
            #expect(findings[1].remedy?.contains("sudo chmod -x \(path.shellWord)") == true)
            try FileManager.default.removeItem(atPath: path)
        }
    }

    @Test(arguments: [
        "#!/bin/sh", "#! /bin/sh -e\n", "#!\t/bin/bash\t\n", "#!bin/sh\n", "#!/usr/bin/env bash\n",
        "#!/usr/bin/env -S bash -e\n", "#!/usr/bin/env -S -i PATH=/opt:/usr/bin bash\n",
        "#!/usr/bin/env -S $SHELL\n", "#!/opt/link\n", "#!/opt/script\n", "#!/bin/sh\n\0\r\n",
        "#!/usr/bin/env FOO=bar\n",
    ])
    func `A script that can run is no failure`(_ text: String) throws {
        try fake.makeFolder("opt")
        try fake.link("opt/link", to: "../bin/sh")
        try fake.write("opt/script", "#!/bin/sh\n", mode: 0o755)
        try fake.putScript("qemu", text)
        #expect(findings().map(\.level) == [.ok])
    }

    @Test
    func `A program that cannot run is a failure`() throws {
        func check(_ bytes: [UInt8]) throws -> [String] {
            try fake.write("etc/libvirt/hooks/qemu", bytes, mode: 0o755)
            return findings().filter { $0.level == .fail }.map(\.message)
        }
        let program = FakeELF(text: "another")
        #expect(try check(program.bytes) == [])
        #expect(
            try check(Array(program.bytes.prefix(100))).first?.contains("a damaged program") == true
        )
        #expect(
            try check(Array(program.bytes.prefix(4))).first?.contains("a damaged program") == true)
        let foreign = FakeELF(text: "", machine: 0xABCD)
        #expect(try check(foreign.bytes).first?.contains("for another architecture") == true)
        let otherOrder = FakeELF(text: "", isBigEndian: true)
        #expect(try check(otherOrder.bytes).first?.contains("for another architecture") == true)
        #expect(
            try check(FakeELF(text: "", type: 1).bytes).first?.contains("not a program") == true)
        var dynamic = FakeELF(text: "")
        dynamic.interpreter = "/lib/ld-nosuch.so.1"
        #expect(
            try check(dynamic.bytes).first?.contains(
                "dynamic loader /lib/ld-nosuch.so.1 is missing") == true)
        try fake.write("lib/ld-nosuch.so.1", "")
        #expect(try check(dynamic.bytes) == [])
        // Ours is reported by the check of its own.
        let hook = FakeELF(machine: 0xABCD)
        #expect(try check(hook.bytes) == [])
        let finding = HookExecutable.finding(try #require(fake.hooks.ours.first))
        #expect(finding.level == .fail && finding.message.contains("another architecture"))
    }

    @Test
    func `A file that binfmt_misc starts can run`() throws {
        try fake.write(
            "etc/libvirt/hooks/qemu", FakeELF(text: "", machine: 0xABCD).bytes, mode: 0o755)
        try fake.putScript("qemu.d/10-x.jar", "PK")
        #expect(findings().map(\.level) == [.ok, .fail, .fail])
        let folder = "proc/sys/fs/binfmt_misc"
        try fake.write("\(folder)/status", "enabled\n")
        try fake.write(
            "\(folder)/qemu-x",
            "enabled\ninterpreter /usr/bin/qemu-x\nflags: OC\noffset 0\n"
                + "magic 7f454c46000000000000000000000000000002\n"
                + "mask ffffffff000000000000000000000000000000\n")
        #expect(findings().map(\.level) == [.ok, .fail])
        try fake.write(
            "\(folder)/jar", "enabled\ninterpreter /usr/bin/jexec\nflags: \nextension .jar\n")
        #expect(findings().map(\.level) == [.ok])
        try fake.write("\(folder)/status", "disabled\n")
        #expect(findings().map(\.level) == [.ok, .fail, .fail])
    }

    @Test
    func `A script that others execute but cannot read fails their guests alone`() throws {
        try fake.putScript("qemu", mode: 0o711)
        let findings = findings()
        try #require(findings.map(\.level) == [.ok, .fail])
        #expect(findings[1].message.contains("Guests of qemu:///session do not start"))
        #expect(!findings[1].message.contains("No guest starts"))
        try fake.putScript("qemu", mode: 0o755)
        #expect(self.findings().map(\.level) == [.ok])
        try fake.write("etc/libvirt/hooks/qemu", FakeELF(text: "").bytes, mode: 0o711)
        #expect(self.findings().map(\.level) == [.ok], "a program is not read by anyone")
    }

    @Test
    func `Programs are looked for where the daemon's own PATH leads`() throws {
        try fake.write("opt/bin/tool", FakeELF(text: "").bytes, mode: 0o755)
        try fake.putScript("qemu", "#!/usr/bin/env tool\n")
        try fake.runDaemon(started: FakeHost.bootTime + .seconds(60))
        func levels() -> [Finding.Level] {
            let daemons = LibvirtDaemons.running(for: nil, on: fake.host)
            let path = ExecutionFault.searchPath(of: daemons, on: fake.host)
            return OtherHooks.findings(
                fake.hooks, version: nil, searchPath: path, on: fake.host
            ).map(\.level)
        }
        #expect(levels() == [.ok, .fail])
        try fake.write("proc/321/environ", "LANG=C\0PATH=/opt/bin:/bin\0")
        #expect(levels() == [.ok])
        try fake.write("proc/321/environ", "LANG=C\0")
        #expect(levels() == [.ok, .fail])
    }

    @Test(arguments: [
        "10-x~", "10-x.bak", "10-x.orig", "10-x.dpkg-old", "10-x.rpmsave", "10-x.rpmnew",
        ".10-x.swp", "#10-x#", "10-x.OLD", "10-x.disabled", "10 x.bak",
    ])
    func `A backup that libvirt runs is warned of`(_ name: String) throws {
        try fake.putHook()
        let path = try fake.putScript("qemu.d/\(name)")
        let findings = findings()
        #expect(findings.map(\.level) == [.ok, .warn])
        #expect(findings[1].message.contains("libvirt runs whatever is executable"))
        #expect(findings[1].remedy == "sudo rm \(path.shellWord)")
        chmod(path, 0o644)
        #expect(self.findings().map(\.level) == [.ok], "a file that is not executable does no harm")
    }

    @Test
    func `Beside qemu itself a backup does no harm`() throws {
        try fake.putHook()
        try fake.putScript("qemu.bak")
        #expect(try message() == "libvirt runs no other hook for QEMU guests")
    }

    /// What shows that CloudStack's agent is installed.
    @Test(arguments: ["usr/share/cloudstack-agent", "etc/cloudstack/agent"])
    func `Beside CloudStack's agent, our hook must not be in its place, and the remedy moves it`(
        _ folder: String
    ) throws {
        let program = Array(try Data(contentsOf: URL(filePath: try #require(Command.find("true")))))
        let hook = program + Array("urn:virt-watchdog:policy:1".utf8)
        for name in ["etc/libvirt/hooks/qemu", "usr/bin/virt-watchdog-hook"] {
            try fake.write(name, hook, mode: 0o755)
        }
        for name in ["usr/bin/virt-watchdog", "usr/sbin/virt-watchdogd"] {
            try fake.write(name, "", mode: 0o755)
        }
        #expect(findings().map(\.level) == [.ok])
        try fake.makeFolder(folder)
        #expect(findings().map(\.level) == [.ok, .warn])
        let place = fake.path("etc/libvirt/hooks/qemu")
        #expect(
            findings().last?.remedy
                == "sudo rm \(place) && sudo virt-watchdog setup, which then uses qemu.d")
        try FileManager.default.removeItem(atPath: place)
        var installation = Installation(host: fake.host, prefix: "/usr", isLive: false)
        installation.report = { _ in }
        try installation.installFiles(from: nil)
        #expect(findings().map(\.level) == [.ok])
        #expect(fake.hooks.ours.map(\.nominalPath) == [HookTarget.shared])
    }

    @Test
    func `CloudStack's hook alone shows that its agent is installed`() throws {
        #expect(!fake.host.hasCloudStackAgent)
        try fake.putScript("qemu", Self.cloudStack)
        #expect(fake.host.hasCloudStackAgent)
    }

    @Test
    func `A name cannot steer the terminal, nor become a command`() throws {
        try fake.putHook()
        try fake.putScript("qemu.d/\u{1B}[2J'$(id)\n.bak")
        let findings = findings()
        let text = findings.map(\.line).joined()
        #expect(!text.contains("\u{1B}") && !text.contains("\n"))
        #expect(findings[1].remedy?.contains(#"'\''$(id)"#) == true)
    }

    @Test(.disabled(if: Repository.isRoot, "root may read all"))
    func `A directory that this user may not list is left to root`() throws {
        try fake.putHook()
        chmod(fake.path("etc/libvirt"), 0)
        defer { chmod(fake.path("etc/libvirt"), 0o755) }
        #expect(findings().map(\.level) == [.warn])
    }

    @Test
    func `An old libvirt runs nothing in qemu.d`() throws {
        try fake.putScript("qemu.d/10-x")
        try fake.putScript("qemu")
        #expect(order(findings(Version(6, 4))[0].message) == ["qemu"])
        #expect(order(findings(Version(6, 5))[0].message) == ["qemu", "qemu.d/10-x"])
    }

    // MARK: libvirt-version

    @Test(arguments: [
        ("qemu", Version(6, 4, 9), Finding.Level.ok), ("qemu", Version(9, 0), .ok),
        ("qemu.d/50-virt-watchdog", Version(6, 4, 9), .fail),
        ("qemu.d/50-virt-watchdog", Version(6, 5), .ok),
        ("qemu.d/50-virt-watchdog", Version(11, 3, 0), .ok), ("", Version(1, 0), .ok),
    ])
    func `libvirt must be new enough for where the hook is`(
        _ name: String, _ version: Version, _ level: Finding.Level
    ) throws {
        if !name.isEmpty { try fake.putHook(name) }
        for isDaemons in [true, false] {
            let versions = LibvirtVersion.Versions(
                libvirt: version, emulator: Version(7, 2, 22), isDaemons: isDaemons)
            let finding = LibvirtVersion.finding(versions, fake.hooks)
            #expect(finding.level == level)
            #expect(finding.message.contains("\(version)"))
            if level == .ok { #expect(finding.message.contains("QEMU 7.2.22") == isDaemons) }
        }
    }

    @Test
    func `A number of libvirt's is a version`() {
        #expect("\(Version(number: 11_003_002))" == "11.3.2")
        #expect(Version(number: 6_005_000) == Version(6, 5))
        #expect(Version(6, 4, 999) < Version(6, 5))
    }
}
