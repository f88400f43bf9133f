// SPDX-License-Identifier: Apache-2.0

import Foundation
import Host
import TestSupport
import Testing
import WatchdogPolicy

@testable import virt_watchdog

/// The warnings of keys that virt-watchdog does not read.
struct ForeignKeysTests {
    private func report(
        _ text: String, _ foreignKeys: ForeignKeys = .similar
    ) -> PolicyReport {
        let bytes = Array(text.utf8)
        var report = PolicyReport(reading: bytes, from: "f")
        report.review(bytes, warningOf: foreignKeys)
        return report
    }

    /// The file of an agent of CloudStack, and secrets where a lost line end puts them.
    private static let cloudStack = """
        #Storage
        guid=9b6f-secret
        host=192.168.0.1@static
        resource=com.cloud.hypervisor.kvm.resource.LibvirtComputingResource
        LibvirtComputingResource.id=1
        keystore.passphrase=secret
        secretsecret
        secret=model
        model=secret
        action secret
        vm.memballoon.disable=false
        vm.rng.enable=true
        vm.rng.model=random
        vm.migrate.wait=3600
        vm.video.hardware=secret
        virt.model=secret
        guest.cpu.model=secret
        guest.vm.watchdog.model=secret
        host.reserved.mem.mb=1024
        hypervisor.uri=qemu\\:///system
        watch=secret
        watchers.action=secret
        router.aggregation.command.each.timeout=600
        agent.hooks.libvirt_vm_xml_transformer.script=secret
        rolling.maintenance.hooks.dir=/etc/secret

        """

    @Test(arguments: [
        ("watchdog.action=reset", "'watchdog.action'", "vm.watchdog.action"),
        ("watchdog.modle=ib700", "'watchdog.modle'", "vm.watchdog.model"),
        ("watchdog=reset", "'watchdog'", "vm.watchdog."),
        ("vm.watchdog=reset", "'vm.watchdog'", "vm.watchdog."),
        ("vm_watchdog_action=reset", "'vm_watchdog_action'", "vm.watchdog.action"),
        ("VM_WATCHDOG_RESERVE_PORTS=1", "'VM_WATCHDOG_RESERVE_PORTS'", "vm.watchdog.reserve-ports"),
        ("vm-watchdog-model=itco", "'vm-watchdog-model'", "vm.watchdog.model"),
        ("vm.watchdog_exclude=a", "'vm.watchdog_exclude'", "vm.watchdog.exclude"),
        ("vm.watchdogs.include=a", "'vm.watchdogs.include'", "vm.watchdog.include"),
        ("vm.wathcdog.action=reset", "'vm.wathcdog.action'", "vm.watchdog.action"),
        ("wm.watchdog.action=reset", "'wm.watchdog.action'", "vm.watchdog.action"),
        ("virt-watchdog.action=reset", "'virt-watchdog.action'", "vm.watchdog.action"),
        ("virt.watchdog.persist=true", "'virt.watchdog.persist'", "vm.watchdog.persist"),
        ("vmwatchdog.enforce=true", "'vmwatchdog.enforce'", "vm.watchdog.enforce"),
        ("whatchdog.running=all", "'whatchdog.running'", "vm.watchdog.running"),
        ("Watchdog.Action : reset", "'Watchdog.Action'", "vm.watchdog.action"),
        ("VM.Watchdog.Action=reset", "'VM.Watchdog.Action'", "vm.watchdog.action"),
        ("vm.watchdog.actoin=reset", "'vm.watchdog.actoin'", "vm.watchdog.action"),
    ])
    func `A key that resembles ours gives a warning with the key that was meant`(
        line: String, key: String, meant: String
    ) {
        for foreignKeys in [ForeignKeys.similar, .all] {
            let report = report("a=b\\\n c\n  " + line + "\n", foreignKeys)
            let problem = report.problems.last
            #expect(problem?.severity == .warning)
            #expect(problem?.position == SourcePosition(line: 3, column: 3))
            #expect(problem?.message.contains("unknown key \(key)") == true)
            #expect(problem?.message.contains("did you mean '\(meant)") == true)
            #expect(report.policy == .builtIn)
        }
    }

    @Test func `The keys of another program give no warning in its file`() {
        #expect(report(Self.cloudStack).problems == [])
    }

    @Test func `Our own file has no other keys, and no value is quoted`() {
        let problems = report("# ours\nvm.watchdog.action=pause\nhost=secret\nname", .all).problems
        #expect(problems.map(\.position?.line) == [3, 4])
        #expect(problems.allSatisfy { $0.severity == .warning })
        #expect(problems.first?.message.hasPrefix("unknown key 'host'") == true)
        #expect(!problems.contains { $0.message.contains("secret") })
    }

    @Test func `A setting without its prefix is meant for us in our own file`() {
        let problems = report("reserve-ports=1\n", .all).problems
        #expect(problems.count == 1)
        #expect(problems.first?.message.contains("'vm.watchdog.reserve-ports'") == true)
        #expect(report("reserve-ports=1\n").problems == [])
    }

    @Test func `A section gives a warning, and its settings do so if its name resembles ours`() {
        let ours = report("[vm.watchdog]\nmodel = ib700\nhost=x\n[secret section]\naction=x\n")
        #expect(ours.problems.map(\.position?.line) == [1, 2, 4])
        #expect(ours.problems.first?.message.contains("starts no section") == true)
        #expect(ours.problems.dropFirst().first?.message.contains("'vm.watchdog.model'") == true)
        #expect(!ours.problems.contains { $0.message.contains("secret") })
    }

    @Test(arguments: [
        "watchdog.action\\\nkeystore.passphrase=secret", "watchdog.action\\\n secret",
        "vm_watchdog_\\u0020secret=1", "watchdog.model\\=secret=1", "watchdog.a\u{FC}secret=1",
        "watchdog." + String(repeating: "x", count: 60) + "secret=1",
    ])
    func `A key that may be two lines is not quoted`(text: String) {
        for foreignKeys in [ForeignKeys.similar, .all] {
            let report = report(text, foreignKeys)
            #expect(!report.problems.contains { $0.message.contains("secret") })
            #expect(foreignKeys == .similar || report.problems.count == 1)
        }
    }

    @Test(arguments: [
        ("include=a;b", ";", "separate patterns with commas"),
        ("exclude=x,web|db", "|", "separate patterns with commas"),
        ("include=web[0-9]", "[", "separate patterns with commas"),
        ("include=\"web*\"", "\"", "separate patterns with commas"),
        ("exclude=^web", "^", "separate patterns with commas"),
        ("exclude=a/b", "/", "no guest's name has it"),
        ("exclude={web,db}", "{", "separate patterns with commas"),
    ])
    func `A pattern with a sign of other patterns gives a warning`(
        line: String, sign: String, fix: String
    ) {
        let text = "vm.watchdog.\(line)"
        let problem = report(text).problems.first
        #expect(problem?.severity == .warning)
        #expect(problem?.position == SourcePosition(line: 1, column: 21))
        #expect(problem?.message.contains("the character \(sign) matches only itself") == true)
        #expect(problem?.message.hasSuffix(fix) == true)
    }

    @Test func `Blanks between patterns are an error`() {
        #expect(report("vm.watchdog.include=a b").policy.fault != nil)
    }

    @Test func `Only our own file is free of other keys`() throws {
        let folder = try TemporaryFolder()
        let text = "host=x\nwatchdog.action=x\nvm.watchdog.model=?\n"
        let chosen = try folder.write("chosen", text).path
        let own = try folder.write("etc/virt-watchdog/agent.properties", text).path
        var paths = Paths(root: folder.url.path)
        func lines() -> [Int?] { PolicyReport(reviewing: paths).problems.map(\.position?.line) }
        #expect(lines() == [1, 2, 3])
        paths.chosenProperties = own
        #expect(lines() == [1, 2, 3])
        paths.chosenProperties = chosen
        #expect(lines() == [2, 3])
        paths.chosenProperties = nil
        let cloudStack = try folder.write("etc/cloudstack/agent/agent.properties", text).path
        #expect(PolicyReport(reviewing: paths).file == cloudStack)
        #expect(lines() == [2, 3])
        paths.chosenProperties = folder.url.path + "/missing"
        #expect(lines() == [nil])
    }

    @Test func `A file in another encoding gives one error, and no warning of its keys`() {
        let units: [UInt8] = "watchdog.action=x\nhost=y\n".utf8.flatMap { [$0, 0] }
        var report = PolicyReport(reading: units, from: "f")
        report.review(units, warningOf: .all)
        #expect(report.problems.map(\.severity) == [.error])
    }
}
