// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// `migrate` and `restore`, the two operations whose output libvirt takes.
@Suite(.enabled(if: Host.isAvailable, Host.needs))
struct FilterTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var watchdogs: [String] = []
        var metadata = ""
        var policy: String
        /// The action that all watchdogs have in the output, or nothing for no output.
        var action: String?
        var reason: String

        var testDescription: String { reason }
    }

    static let rows = [
        Row(
            watchdogs: ["<watchdog model='i6300esb' action='pause'/>"],
            policy: "vm.watchdog.existing=align", action: "reset", reason: "aligned"),
        Row(
            watchdogs: ["<watchdog model='i6300esb' action='reset'/>"],
            policy: "vm.watchdog.existing=align\nvm.watchdog.action=poweroff", action: "poweroff",
            reason: "aligned to another action"),
        Row(
            watchdogs: ["<watchdog model='i6300esb'/>"],
            policy: "vm.watchdog.existing=align\nvm.watchdog.action=pause", action: "pause",
            reason: "an unsaid action is a reset"),
        Row(
            watchdogs: [
                "<watchdog model='i6300esb' action='pause'>\n      <alias name='watchdog0'/>\n"
                    + "      <address type='pci' domain='0x0000' bus='0x00' slot='0x05'"
                    + " function='0x0'/>\n    </watchdog>",
                "<watchdog model='ib700' action='pause'/>",
            ],
            policy: "vm.watchdog.existing=align", action: "reset",
            reason: "QEMU has one action for all of them"),
        Row(
            watchdogs: ["<watchdog model='i6300esb' action='reset'/>"],
            metadata: guestPolicy("action='dump'"), policy: "vm.watchdog.existing=align",
            action: "dump", reason: "the guest's metadata wins"),
        Row(
            watchdogs: ["<watchdog model='i6300esb' action='pause'/>"],
            policy: "vm.watchdog.existing=keep", reason: "keep"),
        Row(
            watchdogs: ["<watchdog model='i6300esb' action='pause'/>"], policy: "",
            reason: "keep is the default"),
        Row(
            watchdogs: ["<watchdog model='i6300esb' action='reset'/>"],
            policy: "vm.watchdog.existing=align",
            reason: "nothing differs, and any output would taint the guest"),
        Row(
            watchdogs: ["<watchdog model='i6300esb'/>"], policy: "vm.watchdog.existing=align",
            reason: "nothing differs from the default"),
        Row(
            policy: "vm.watchdog.existing=align",
            reason: "a device may not be added: libvirt would refuse the guest"),
        Row(
            watchdogs: ["<watchdog model='i6300esb' action='pause'/>"],
            policy: "vm.watchdog.existing=align\nvm.watchdog.exclude=*", reason: "excluded"),
        Row(
            watchdogs: ["<watchdog model='i6300esb' action='pause'/>"],
            policy: "vm.watchdog.existing=align\nvm.watchdog.model=none", reason: "model none"),
        Row(
            watchdogs: ["<watchdog model='i6300esb' action='pause'/>"],
            metadata: guestPolicy("enabled='no'"), policy: "vm.watchdog.existing=align",
            reason: "opted out"),
        Row(
            watchdogs: ["<watchdog model='i6300esb' action='pause'/>"],
            policy: "vm.watchdog.existing=align\nvm.watchdog.action=rest",
            reason: "a bad value leaves guests alone"),
    ]

    @Test(arguments: ["migrate", "restore"], rows)
    func `A filter prints only another action, of all watchdogs`(
        _ operation: String, _ row: Row
    ) throws {
        let guest = Definition(watchdogs: row.watchdogs, metadata: row.metadata)
        let run = try Host(properties: row.policy)
            .run([guest.name, operation, "begin", "-"], guest.data)
        #expect(run.status == 0)
        #expect(run.error.isEmpty)
        #expect(run.protector == nil)
        #expect(run.log.compactMap { LogLineFields($0)?.operation } == [operation])
        guard let action = row.action else {
            #expect(run.output.isEmpty)
            return
        }
        let before = try #require(XMLTree(guest.data))
        #expect(try #require(XMLTree(run.output)) == before.settingActions(to: action))
        // The password has to reach the destination.
        #expect(run.text.contains(Canary.inDefinition))
    }
}
