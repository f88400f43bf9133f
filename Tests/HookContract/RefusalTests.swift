// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// `vm.watchdog.enforce=true`: the one way to an exit status other than 0.
@Suite(.enabled(if: Host.isAvailable, Host.needs))
struct RefusalTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var guest = Definition()
        var policy = ""
        /// What standard error says, or nothing where the guest may start.
        var refusal: String?
        var reason: String

        var testDescription: String { reason }
    }

    static let rows = [
        Row(
            guest: Definition(machine: .microvm), refusal: "no PCI bus",
            reason: "no bus for the device"),
        Row(
            guest: Definition(machine: .q35WithoutFreePort), refusal: "no empty pcie-root-port",
            reason: "no room for the device while the guest runs"),
        Row(
            policy: "vm.watchdog.model=ib700", refusal: "cannot hot-plug",
            reason: "libvirt ignores what prepare prints, so that the device would not be there"),
        Row(
            policy: "vm.watchdog.model=diag288", refusal: "only s390x",
            reason: "a model of another machine"),
        Row(reason: "a guest that can be protected"),
        Row(
            guest: Definition(watchdogs: ["<watchdog model='ib700' action='reset'/>"]),
            policy: "vm.watchdog.model=ib700", reason: "a guest that is protected"),
        Row(
            guest: Definition(watchdogs: ["<watchdog model='ib700' action='pause'/>"]),
            reason: "a guest with a watchdog of its own"),
        Row(
            guest: Definition(machine: .microvm), policy: "vm.watchdog.model=none",
            reason: "no watchdog is wanted"),
        Row(
            guest: Definition(machine: .microvm, metadata: guestPolicy("enabled='no'")),
            reason: "the guest wants none"),
        Row(
            guest: Definition(machine: .microvm), policy: "vm.watchdog.exclude=*",
            reason: "the guest is excluded"),
        Row(
            guest: Definition(machine: .microvm), policy: "vm.watchdog.action=rest",
            reason: "a typo in the file must not stop a cloud"),
    ]

    @Test(arguments: rows)
    func `prepare refuses only a guest that cannot be protected, and says why`(
        _ row: Row
    ) throws {
        let run = try Host(properties: "vm.watchdog.enforce=true\n" + row.policy)
            .run([row.guest.name, "prepare", "begin", "-"], row.guest.data)
        guard let refusal = row.refusal else {
            #expect(run.status == 0)
            #expect(run.error.isEmpty)
            return
        }
        #expect(run.status == 1)
        #expect(run.output.isEmpty)
        #expect(run.error.hasPrefix("virt-watchdog: cannot start '\(row.guest.name)'"))
        #expect(run.error.contains("vm.watchdog.enforce=true"))
        #expect(run.error.contains(refusal))
        #expect(run.error.split(separator: "\n").count == 1)
        #expect(run.error.hasSuffix("\n"))
        let lines = run.log.compactMap { LogLineFields($0) }
        #expect(lines.map(\.result) == ["refused"])
        #expect(lines.map { $0.priority & 7 } == [3], "a refusal has the priority of an error")
    }

    @Test(
        arguments: rows.filter { $0.refusal != nil },
        [
            ["start", "begin"], ["started", "begin"], ["stopped", "end"], ["release", "end"],
            ["reconnect", "begin"], ["migrate", "begin"], ["restore", "begin"],
            ["attach", "begin"], ["hibernate", "begin"],
        ])
    func `No other operation refuses anything`(_ row: Row, _ operation: [String]) throws {
        let run = try Host(properties: "vm.watchdog.enforce=true\n" + row.policy)
            .run([row.guest.name] + operation + ["-"], row.guest.data)
        #expect(run.status == 0)
        #expect(run.output.isEmpty)
        #expect(run.error.isEmpty)
        #expect(run.protector == nil)
    }

    @Test(.enabled(if: Repository.runs(where: InstalledQEMU.isHere), InstalledQEMU.needs))
    func `A guest whose QEMU was built without the device is refused`() throws {
        let folder = try TemporaryFolder()
        let lite = folder.url.appending(path: "qemu-lite").path
        try InstalledQEMU.copyWithoutWatchdog(to: lite)
        let guest = Definition(emulator: lite)
        let words = [guest.name, "prepare", "begin", "-"]
        let enforcing = try Host(properties: "vm.watchdog.enforce=true").run(words, guest.data)
        #expect(enforcing.status == 1)
        #expect(enforcing.error.contains("'\(lite)' does not have the model 'i6300esb'"))
        #expect(enforcing.error.contains("install the full QEMU"))
        // The whole program is not searched where nothing would be refused.
        let other = try Host(properties: "").run(words, guest.data)
        #expect(other.status == 0)
        #expect(other.log.compactMap { LogLineFields($0)?.plan } == ["attach"])
        let watched = Definition(
            emulator: lite, watchdogs: ["<watchdog model='ib700' action='reset'/>"])
        let kept = try Host(properties: "vm.watchdog.enforce=true").run(words, watched.data)
        #expect(kept.status == 0)
    }

    @Test(arguments: [
        "/usr/bin/qemu-system-x86_64", "/nonexistent", "/dev/zero", "/etc", "/bin/sh",
    ])
    func `An emulator that has the device, or does not tell, is no reason to refuse`(
        _ emulator: String
    ) throws {
        let guest = Definition(emulator: emulator)
        let run = try Host(properties: "vm.watchdog.enforce=true")
            .run([guest.name, "prepare", "begin", "-"], guest.data)
        #expect(run.status == 0)
        #expect(run.error.isEmpty)
        #expect(run.lifetime < .seconds(1))
    }

    @Test
    func `Without the key nothing is refused`() throws {
        let guest = Definition(machine: .microvm)
        let run = try Host(properties: "vm.watchdog.enforce=false")
            .run([guest.name, "prepare", "begin", "-"], guest.data)
        #expect(run.status == 0)
        #expect(run.error.isEmpty)
        #expect(run.log.compactMap { LogLineFields($0)?.plan } == ["refuse"])
    }
}
