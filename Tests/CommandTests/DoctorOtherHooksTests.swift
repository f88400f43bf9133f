import Foundation
import HostSystem
import Hypervisor
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
        #expect(message.contains("hooks/qemu (somebody else's), then"))
        #expect(message.contains("qemu.d/é' (somebody else's)"))
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
    func `A guest's folder without VFIO-Tools' hook is run by nobody`() throws {
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
        #expect(try message().contains("somebody else's"))
    }

    @Test
    func `What cannot be executed is skipped`() throws {
        try fake.putHook()
        try fake.putScript("qemu.d/10-off", mode: 0o644)
        try fake.link("etc/libvirt/hooks/qemu.d/20-nowhere", to: "/nonexistent")
        let message = try message()
        #expect(message.hasPrefix("libvirt runs no other hook"))
        #expect(message.contains("it skips "))
        #expect(message.contains("10-off, ") && message.contains("20-nowhere, which cannot"))
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
        #expect(findings[1].remedy == "sudo rm \(shellWord(path))")
        chmod(path, 0o644)
        #expect(self.findings().map(\.level) == [.ok], "one that is not executable does no harm")
    }

    @Test
    func `Beside qemu itself a backup does no harm`() throws {
        try fake.putHook()
        try fake.putScript("qemu.bak")
        #expect(try message() == "libvirt runs no other hook for QEMU guests")
    }

    @Test
    func `Where CloudStack's agent is, ours must not stand in its hook's place`() throws {
        try fake.putHook()
        try fake.makeFolder("usr/share/cloudstack-agent")
        #expect(findings().map(\.level) == [.ok, .warn])
        #expect(findings()[1].remedy?.contains("which then uses qemu.d") == true)
        try FileManager.default.removeItem(atPath: fake.path("etc/libvirt/hooks/qemu"))
        try fake.putHook("qemu.d/50-virt-watchdog")
        #expect(findings().map(\.level) == [.ok])
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
    func `What this user may not look into is left to root`() throws {
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
