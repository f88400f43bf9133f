// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests.Matrix {
    /// Ours among others: users with a libvirtd of their own, and CloudStack's agent.
    struct Neighbours {
        private static let hooks = "/etc/libvirt/hooks"

        init() throws {
            try Lab.setPolicy("")
        }

        @Test func `An ordinary user's guest is protected by the user's own one-shot`() throws {
            let events = try LabEvents(on: .user)
            let travellers = try machines.map {
                try Traveller(.session, $0, "session", on: .user)
            }
            for traveller in travellers {
                try traveller.guest.waits(forLog: "op=protect", "result=attached")
            }
            try prove(travellers, events)
            #expect(try !Lab.virsh("list", "--all", "--name").contains("m-session"))
        }

        /// Puts a stand-in of the hook of CloudStack's agent where that puts its own, and ours into
        /// `qemu.d`. Like that one, it renames bridges at migrate and always prints the result.
        private func installBesideCloudStack() throws {
            try Lab.run("/bin/mkdir", ["-p", "\(Self.hooks)/qemu.d"])
            try Lab.run(
                "/bin/mv", ["\(Self.hooks)/qemu", "\(Self.hooks)/qemu.d/50-virt-watchdog"])
            let standIn = """
                #!/usr/bin/python3
                import re, sys
                from xml.dom.minidom import parse
                if sys.argv[2:4] == ["migrate", "begin"]:
                    domain = parse(sys.stdin)
                    for source in domain.getElementsByTagName("source"):
                        old = source.getAttribute("bridge")
                        new = re.sub("^cloudVirBr([0-9]+)$", r"breth0-\\1", old)
                        if new != old:
                            source.setAttribute("bridge", new)
                    print(domain.toxml())
                """
            try Data(standIn.utf8).write(to: URL(filePath: "\(Self.hooks)/qemu"))
            try Lab.run("/bin/chmod", ["0755", "\(Self.hooks)/qemu"])
            try Lab.run("/bin/mkdir", ["-p", "/etc/cloudstack/agent"])
        }

        private func removeCloudStack() {
            _ = try? Command("/bin/rm", ["-rf", "/etc/cloudstack"]).run()
            let ours = "\(Self.hooks)/qemu.d/50-virt-watchdog"
            _ = try? Command("/bin/mv", ["-f", ours, "\(Self.hooks)/qemu"]).run()
            _ = try? Command("/bin/rmdir", ["\(Self.hooks)/qemu.d"]).run()
        }

        private func setAgentProperties(_ text: String) throws {
            try Data(text.utf8).write(
                to: URL(filePath: "/etc/cloudstack/agent/agent.properties"))
        }

        @Test func `CloudStack's guests run with action none, and align makes it a reset`() throws {
            try installBesideCloudStack()
            defer { removeCloudStack() }
            try setAgentProperties("guid=1\nvm.watchdog.action=reset\n")
            let suffix = UUID().uuidString.prefix(4).lowercased()
            let source = try LabHost(adding: "source\(suffix)")
            let destination = try LabHost(adding: "dest\(suffix)")
            for (host, bridge) in [(source, "cloudVirBr50"), (destination, "breth0-50")] {
                try host.run("/bin/sh", ["-c", "ip link add \(bridge) type bridge"])
                try host.run("/bin/sh", ["-c", "ip link set \(bridge) up"])
            }
            let folder = try TemporaryFolder()
            let devices = try folder.write(
                "devices",
                """
                <watchdog model='i6300esb' action='none'/>
                <interface type='bridge'>
                  <source bridge='cloudVirBr50'/><model type='e1000'/><rom enabled='no'/>
                </interface>
                """)

            // As the agent starts them, before align is set.
            let guest = try Traveller(
                .cloudStack, "pc", "i-2-7-VM", .created,
                options: ["--extra-devices", devices.path], on: source)
            try guest.guest.waits(forLog: "op=started", "plan=leave", "existing=keep")
            try guest.guest.waitsUntilArmed()
            try setAgentProperties(
                "guid=1\nvm.watchdog.action=reset\nvm.watchdog.existing=align\n")
            let applied = try source.run(Lab.tool, ["apply", "--all"])
            #expect(applied.contains("aligned"))
            let events = try LabEvents(on: source)
            try prove([guest], events, action: "none")

            let uri = "qemu+tcp://\(destination.name ?? "")/system"
            try guest.guest.virsh("migrate", "--live", guest.guest.name, uri)
            guest.guest.host = destination
            let definition = try guest.guest.definition()
            #expect(
                definition.contains("<source bridge='breth0-50'"), "CloudStack's hook did its work")
            #expect(
                definition.contains("<watchdog model='i6300esb' action='reset'>"), "so did ours")
            try prove([guest], LabEvents(on: destination))
        }
    }
}
