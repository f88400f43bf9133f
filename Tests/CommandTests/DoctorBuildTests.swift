// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import System
@testable import virt_watchdog

/// The checks `hook-build` and `hook-static`, and what they read.
struct DoctorBuildTests {
    private let fake: FakeHost

    init() throws {
        fake = try FakeHost()
    }

    // MARK: the checksum

    /// Texts and what `cksum` says of them.
    @Test(arguments: [
        ("", "4294967295-0"), ("a", "1220704766-1"), ("123456789", "930766865-9"),
        ("virt-watchdog\n", "980676648-14"),
    ])
    func `The checksum is that of POSIX`(_ text: String, _ sum: String) throws {
        #expect(Checksum(Array(text.utf8)).description == sum)
    }

    @Test
    func `The checksum is that of cksum, whatever the length`() throws {
        let cksum = try #require(Command.find("cksum"))
        for length in [1, 2, 255, 256, 257, 65_535, 65_536, 100_000] {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
            let printed = try Command(cksum, input: Data(bytes)).run().text
            #expect(
                printed == Checksum(bytes).description.replacingOccurrences(of: "-", with: " ")
                    + "\n")
        }
    }

    // MARK: hook-build

    private static let tool: [UInt8] = Array("the tool".utf8)

    private func install(
        hook: [UInt8] = FakeELF().bytes, tool: [UInt8] = DoctorBuildTests.tool,
        at name: String = "/etc/libvirt/hooks/qemu"
    ) throws {
        try fake.write("usr/bin/virt-watchdog", Self.tool, mode: 0o755)
        try fake.write(
            "usr/share/virt-watchdog/installed",
            """
            file \(Checksum([1])) /etc/virt-watchdog/agent.properties
            file \(Checksum(hook)) \(name)
            file \(Checksum(tool)) /usr/bin/virt-watchdog
            folder - /etc/libvirt

            """)
    }

    private func build() throws -> Finding {
        HookBuild.finding(try #require(fake.hooks.ours.first), on: fake.host)
    }

    @Test(arguments: ["qemu", "qemu.d/50-virt-watchdog"])
    func `Hook and tool as they were installed are of one build`(_ name: String) throws {
        try fake.putHook(name)
        try install(at: "/etc/libvirt/hooks/\(name)")
        #expect(try build().level == .ok)
    }

    @Test
    func `A hook that was moved by hand is known again`() throws {
        try fake.putHook("qemu.d/10-moved")
        try install()
        #expect(try build().level == .ok)
    }

    @Test
    func `Another hook is another build`() throws {
        let hook = try fake.putHook()
        try install(hook: FakeELF().bytes + [0])
        #expect(try build().level == .fail)
        #expect(try build().message.contains(hook))
        #expect(try build().remedy == "sudo ./install.sh")
    }

    @Test
    func `Another tool is another build`() throws {
        try fake.putHook()
        try install(tool: [1])
        #expect(try build().level == .fail)
        #expect(try build().message.contains("usr/bin/virt-watchdog"))
    }

    /// Lists from which nothing can be told.
    @Test(arguments: [
        "", "nonsense", "file", "file x", "folder - /etc/libvirt/hooks/qemu",
        "file 1-1 /etc/libvirt/hooks/qemu\n", "file 1-1 /usr/bin/virt-watchdog\n",
    ])
    func `A list that names not both tells nothing`(_ text: String) throws {
        try fake.putHook()
        try fake.write("usr/share/virt-watchdog/installed", text)
        #expect(try build().level == .warn)
    }

    @Test
    func `Without a manifest, no build can be compared`() throws {
        try fake.putHook()
        #expect(try build().level == .warn)
        #expect(try build().message.contains("usr/share/virt-watchdog/installed"))
        var host = fake.host
        host.tool = nil
        #expect(HookBuild.finding(try #require(fake.hooks.ours.first), on: host).level == .warn)
    }

    // MARK: hook-static

    private func linkage(_ run: Result<Program.Outcome, ProgramError>) throws -> Finding {
        try fake.putHook()
        let hook = try #require(fake.hooks.ours.first)
        let real = try File.realPath(of: hook.path)
        return HookLinkage.finding(hook, on: fake.host) { (program) throws(ProgramError) in
            #expect(program == Program(real, ["--version"]))
            return try run.get()
        }
    }

    private func linkage(
        _ output: String, error: String = "", status: Int32 = 0
    ) throws -> Finding {
        try linkage(
            .success(
                Program.Outcome(
                    status: status, output: Array(output.utf8), error: Array(error.utf8))))
    }

    @Test
    func `A static hook is told apart from a dynamic one`() throws {
        #expect(try linkage("virt-watchdog-hook 0.1.0\nlinkage: static\n").level == .ok)
        let dynamic = try linkage(
            "virt-watchdog-hook 0.1.0\nlinkage: dynamic\nlibrary: /lib/a.so\nlibrary: /lib/b.so\n")
        #expect(dynamic.level == .warn)
        #expect(dynamic.message.contains("(/lib/a.so, /lib/b.so)"))
        #expect(dynamic.remedy?.contains("sudo ./install.sh") == true)
    }

    @Test
    func `A hook that cannot run stops guests, and doctor says why`() throws {
        let missing = try linkage(
            "", error: "hook: error while loading shared libraries: libxml2.so.2", status: 127)
        #expect(missing.level == .fail)
        #expect(missing.message.contains("libxml2.so.2"))
        #expect(try linkage("", status: -11).level == .fail)
        #expect(try linkage(.failure(.cannotStart(.noSuchFileOrDirectory))).level == .fail)
        #expect(try linkage(.failure(.outOfTime(.seconds(5)))).level == .fail)
        #expect(try linkage(.failure(.cannotStart(.permissionDenied))).level == .warn)
    }

    @Test(arguments: ["", "virt-watchdog-hook 0.0.9\n", "virt-watchdog-hook 1\nlinkage: odd\n"])
    func `The linkage of a hook that does not report it is unknown`(_ output: String) throws {
        #expect(try linkage(output).level == .warn)
    }

    @Test(arguments: ["etc/libvirt/hooks/qemu", "etc/libvirt/hooks"])
    func `Doctor runs no hook that other users can change`(_ name: String) throws {
        try fake.putHook()
        let hook = try #require(fake.hooks.ours.first)
        chmod(fake.path(name), 0o777)
        let finding = HookLinkage.finding(hook, on: fake.host) { _ throws(ProgramError) in
            Issue.record("the hook ran")
            throw .cannotStart(.noMemory)
        }
        #expect(finding.level == .warn)
    }

    @Test
    func `Real programs are read as the system reads them`() throws {
        let shell = try Data(contentsOf: URL(filePath: "/bin/sh"))
        let interpreter = try #require(try ELFFile(Array(shell)).interpreter)
        #expect(interpreter.hasPrefix("/lib"))
    }

    @Test(arguments: [true, false])
    func `A file that is cut short anywhere is damaged, and crashes no reader`(
        _ isWide: Bool
    ) throws {
        let bytes = FakeELF(interpreter: "/lib/ld.so.1", text: "", isWide: isWide).bytes
        #expect(throws: Never.self) { try ELFFile(bytes) }
        for length in 0..<bytes.count {
            #expect(throws: ELFFile.Problem.self) { try ELFFile(Array(bytes[..<length])) }
        }
    }

    @Test(arguments: [true, false])
    func `No byte makes the reader trap`(_ isWide: Bool) throws {
        let bytes = FakeELF(interpreter: "/lib/ld.so.1", isWide: isWide).bytes
        for index in bytes.indices {
            for value in [0, 1, 2, 0x7F, 0x80, 0xFF] as [UInt8] {
                var hostile = bytes
                hostile[index] = value
                _ = try? ELFFile(hostile)
            }
        }
        // Offsets, sizes and counts at their largest.
        let fields = isWide ? [32..<40, 54..<58, 72..<80, 96..<104] : [28..<32, 42..<46, 56..<60]
        for field in fields {
            var hostile = bytes
            for index in field { hostile[index] = 0xFF }
            #expect(throws: ELFFile.Problem.self) { try ELFFile(hostile) }
        }
    }
}
