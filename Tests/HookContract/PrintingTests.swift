// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// What the hook prints for `prepare`, and what makes it print nothing.
@Suite(.enabled(if: Host.isAvailable, Host.needs))
struct PrintingTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var guest = Definition()
        var policy: String?
        /// The watchdog that the patched definition has in the end, or nothing for no output.
        var device: [String: String]?
        var plan: String
        var reason: String

        var testDescription: String { reason }
    }

    private static let esb = ["model": "i6300esb", "action": "reset"]

    static let rows = [
        Row(device: esb, plan: "attach", reason: "no file: the built-in policy"),
        Row(policy: "", device: esb, plan: "attach", reason: "a file with no key of ours"),
        Row(
            policy: "vm.watchdog.action=PowerOff",
            device: ["model": "i6300esb", "action": "poweroff"], plan: "attach",
            reason: "the policy's action, in capitals"),
        Row(
            policy: "vm.watchdog.action = inject_nmi",
            device: ["model": "i6300esb", "action": "inject-nmi"], plan: "attach",
            reason: "CloudStack's spelling"),
        Row(
            policy: "vm.watchdog.model=ib700", device: ["model": "ib700", "action": "reset"],
            plan: "cold-plug", reason: "a model that is there from the next cold start on"),
        Row(
            guest: Definition(machine: .q35WithFreePort), device: esb, plan: "attach",
            reason: "q35 with a free port"),
        Row(
            guest: Definition(machine: .q35WithoutFreePort), device: esb, plan: "cold-plug",
            reason: "q35 without one: libvirt would add a bridge at the next definition"),
        Row(
            guest: Definition(
                machine: .q35WithFreePort, watchdogs: ["<watchdog model='itco' action='reset'/>"]),
            device: esb, plan: "attach", reason: "libvirt's own iTCO is no operator's choice"),
        Row(
            guest: Definition(metadata: guestPolicy("action='pause'")),
            device: ["model": "i6300esb", "action": "pause"], plan: "attach",
            reason: "the guest's metadata wins"),
        Row(
            guest: Definition(metadata: guestPolicy("enabled='yes'")),
            policy: "vm.watchdog.model=none", device: esb, plan: "attach",
            reason: "a guest that asks for one"),
        Row(policy: "vm.watchdog.model=none", plan: "leave", reason: "model none"),
        Row(
            guest: Definition(metadata: guestPolicy("enabled='no'")), plan: "leave",
            reason: "a guest that opted out"),
        Row(
            policy: "vm.watchdog.exclude=v-*-VM, i-*-VM", plan: "leave", reason: "an excluded guest"
        ),
        Row(policy: "vm.watchdog.include=web*", plan: "leave", reason: "a guest not included"),
        Row(
            policy: "vm.watchdog.include=i-*\nvm.watchdog.exclude=i-3-*", device: esb,
            plan: "attach", reason: "a guest included and not excluded"),
        Row(
            guest: Definition(watchdogs: ["<watchdog model='i6300esb' action='reset'/>"]),
            plan: "leave", reason: "it is there already"),
        Row(
            guest: Definition(watchdogs: ["<watchdog model='i6300esb'/>"]), plan: "leave",
            reason: "it is there already, with the default action unsaid"),
        Row(
            guest: Definition(watchdogs: ["<watchdog model='ib700' action='pause'/>"]),
            plan: "leave", reason: "another one is kept"),
        Row(
            guest: Definition(watchdogs: ["<watchdog model='i6300esb' action='pause'/>"]),
            policy: "vm.watchdog.existing=align", device: esb, plan: "change-action",
            reason: "another action is aligned"),
        Row(guest: Definition(machine: .microvm), plan: "refuse", reason: "no PCI bus"),
        Row(guest: Definition(machine: .isapc), plan: "refuse", reason: "no PCI bus, either"),
        Row(
            guest: Definition(machine: .pc), policy: "vm.watchdog.model=itco", plan: "refuse",
            reason: "a model of another machine"),
        Row(guest: Definition(type: "lxc"), plan: "refuse", reason: "not QEMU's"),
        Row(
            policy: "vm.watchdog.action=rest", plan: "leave",
            reason: "a reset is not guessed at: a bad value leaves guests alone"),
        Row(
            guest: Definition(metadata: guestPolicy("action='rest'")), plan: "leave",
            reason: "a bad value in the metadata"),
    ]

    @Test(arguments: rows)
    func `prepare prints the patched definition only if the plan changes it`(_ row: Row) throws {
        let run = try Host(properties: row.policy).run(
            [row.guest.name, "prepare", "begin", "-"], row.guest.data)
        #expect(run.status == 0)
        #expect(run.error.isEmpty)
        #expect(run.protector == nil)
        let line = try #require(run.log.first.flatMap(LogLineFields.init))
        #expect(run.log.count == 1)
        #expect(line.operation == "prepare")
        #expect(line.guest == row.guest.name)
        #expect(line.uuid == row.guest.uuid)
        #expect(line.plan == row.plan)
        guard let expected = row.device else {
            #expect(run.output.isEmpty)
            return
        }
        let before = try #require(XMLTree(row.guest.data))
        let after = try #require(XMLTree(run.output))
        if row.plan == "change-action" {
            #expect(after == before.settingActions(to: expected["action"] ?? ""))
        } else {
            let (rest, device) = after.removingLastDevice()
            #expect(rest == before, "the rest is as it was")
            #expect(device == XMLTree(name: "watchdog", attributes: expected))
        }

        // Patching twice is patching once.
        let again = try Host(properties: row.policy).run(
            [row.guest.name, "prepare", "begin", "-"], run.output)
        #expect(again.status == 0)
        #expect(again.output.isEmpty)
    }

    @Test(arguments: ["started", "reconnect"], rows)
    func `started and reconnect print nothing and never fail, whatever the plan`(
        _ operation: String, _ row: Row
    ) throws {
        let run = try Host(properties: (row.policy ?? "") + "\nvm.watchdog.enforce=true")
            .run([row.guest.name, operation, "begin", "-"], row.guest.data)
        #expect(run.status == 0)
        #expect(run.output.isEmpty)
        #expect(run.error.isEmpty)
        #expect((run.protector != nil) == ["attach", "change-action"].contains(row.plan))
        #expect(run.log.compactMap { LogLineFields($0)?.plan } == [row.plan])
    }

    /// Encodings that a definition may come in.
    @Test(arguments: [
        ("UTF-8", String.Encoding.utf8, "declared, though it need not be"),
        ("ISO-8859-1", .isoLatin1, "one byte a character"),
        ("UTF-16", .utf16, "with a byte order mark"),
    ])
    func `A definition keeps its encoding`(
        _ name: String, _ encoding: String.Encoding, _ reason: String
    ) throws {
        var guest = Definition()
        guest.name = "gäst"
        let text = "<?xml version='1.0' encoding='\(name)'?>\n" + guest.text
        let input = try #require(text.data(using: encoding))
        let run = try Host().run([guest.name, "prepare", "begin", "-"], input)
        #expect(run.status == 0)
        let output = try #require(String(data: run.output, encoding: encoding))
        #expect(output.contains("encoding=\"\(name)\""))
        #expect(output.contains("<name>gäst</name>"))
        let rest = try #require(XMLTree(run.output)).removingLastDevice().rest
        #expect(try rest == #require(XMLTree(input)))
    }

    @Test
    func `Of several devices elements the last one gets the watchdog`() throws {
        var guest = Definition()
        guest.more = "<devices>\n    <input type='tablet' bus='usb'/>\n  </devices>\n  "
        let run = try Host().run([guest.name, "prepare", "begin", "-"], guest.data)
        let tree = try #require(XMLTree(run.output))
        #expect(tree.elements.filter { $0.name == "devices" }.count == 2)
        let (rest, device) = tree.removingLastDevice()
        #expect(try rest == #require(XMLTree(guest.data)))
        #expect(device?.name == "watchdog")
    }

    @Test
    func `A definition without devices gets them`() throws {
        let run = try Host().run(
            ["g", "prepare", "begin", "-"], Data("<domain type='kvm'><name>g</name></domain>".utf8))
        #expect(run.status == 0)
        #expect(try #require(XMLTree(run.output)).watchdogs.count == 1)
    }

    /// Properties without a chosen file: the first existing file counts.
    @Test(arguments: [
        (["cloudstack/agent", "virt-watchdog"], "pause", "CloudStack's goes first"),
        (["virt-watchdog"], "dump", "ours where there is none of CloudStack's"),
        ([], "reset", "no file: built in"),
    ])
    func `The host's own properties files are found`(
        _ folders: [String], _ action: String, _ reason: String
    ) throws {
        let host = try Host()
        let actions = ["cloudstack/agent": "pause", "virt-watchdog": "dump"]
        for name in folders {
            try host.write(
                properties: "vm.watchdog.action=\(actions[name] ?? "")",
                to: "etc/\(name)/agent.properties")
        }
        let guest = Definition()
        let run = try host.run([guest.name, "prepare", "begin", "-"], guest.data)
        #expect(
            XMLTree(run.output)?.watchdogs.map(\.attributes)
                == [["model": "i6300esb", "action": action]])
    }
}
