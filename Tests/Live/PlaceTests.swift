// SPDX-License-Identifier: Apache-2.0

import Foundation
import FoundationXML
import TestSupport
import Testing

extension LiveTests {
    /// The place of the watchdog beside other devices, those that libvirt does not know included.
    struct Places {
        init() throws {
            try Lab.setPolicy("")
        }

        /// Starts a guest with QEMU arguments of its own, and devices after the usual ones.
        private func guest(
            _ name: String, _ birth: LabGuest.Birth = .created, machine: String = "pc",
            arguments: [String] = [], devices: String = "", append: String = "",
            at location: SourceLocation = #_sourceLocation
        ) throws -> LabGuest {
            let options = ["--machine", machine, "--append", append]
            let text = try String(
                contentsOf: LabGuest.definition(name, options, at: location), encoding: .utf8)
            let own = arguments.map { "<qemu:arg value='\($0)'/>" }.joined()
            let namespace = "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'"
            let definition = text.replacing(
                "<domain ", with: "<domain \(namespace) ", maxReplacements: 1
            )
            .replacing("</devices>", with: "\(devices)</devices>")
            .replacing("</domain>", with: "<qemu:commandline>\(own)</qemu:commandline></domain>")
            return try LabGuest(name, birth, definition: definition, at: location)
        }

        /// The value of an attribute, or nothing, in a definition.
        private func value(_ path: String, _ definition: String) throws -> String? {
            try XMLDocument(xmlString: definition).nodes(forXPath: path).first?.stringValue
        }

        private static let ourSlot =
            "/domain/devices/watchdog[alias/@name='ua-virt-watchdog']/address/@slot"
        private static let network =
            "<interface type='user'><mac address='52:54:00:00:00:02'/>"
            + "<model type='virtio'/></interface>"

        @Test
        func `Slots that only QEMU's own arguments use are left alone, also under enforce`() throws
        {
            try Lab.setPolicy("vm.watchdog.enforce=true\n")
            let known = try guest(
                "places-known", arguments: ["-device", "virtio-rng-pci,bus=pci.0,addr=0x1f"])
            try known.waits(forLog: "op=protect", "result=attached")
            #expect(try value(Self.ourSlot, known.definition()) == "0x1e")
            try known.waits(forLine: "LAB armed i6300ESB")

            let file = Lab.folder.appending(path: "devices.cfg")
            try Data(
                """
                [device "hidden"]
                  driver = "virtio-rng-pci"
                  bus = "pci.0"
                  addr = "0x1f"

                """.utf8
            ).write(to: file)
            let hidden = try guest("places-hidden", arguments: ["-readconfig", file.path])
            try hidden.waits(forLog: "op=protect", "result=attached")
            #expect(try value(Self.ourSlot, hidden.definition()) == "0x1e")
            #expect(
                try Lab.log(of: hidden.name).contains {
                    $0.contains("cannot read all of qemu:commandline")
                })
        }

        @Test
        func `A watchdog of QEMU's own arguments is kept under keep, and align names the reason`()
            throws
        {
            let own = try guest(
                "places-own",
                arguments: [
                    "-device", "{\"driver\":\"i6300esb\",\"id\":\"mine\"}", "-action",
                    "watchdog=none",
                ]
                .map { $0.replacing("\"", with: "&quot;") })
            try own.waits(forLog: "op=started", "plan=leave", "existing=keep")
            try own.waits(forLine: "LAB armed i6300ESB")
            #expect(try own.watchdogs().isEmpty)
            let devices = try own.virsh("qemu-monitor-command", own.name, "--hmp", "info qtree")
            #expect(devices.components(separatedBy: "dev: i6300esb").count == 2)

            try Lab.setPolicy("vm.watchdog.existing=align\nvm.watchdog.enforce=true\n")
            let apply = try Command(Lab.tool, ["apply", own.name]).run()
            #expect(apply.status == 1 && apply.text.contains("qemu:commandline"))
            #expect(try own.watchdogs().isEmpty)
        }

        @Test func `The action of QEMU's own arguments stays in force under keep`() throws {
            let events = try LabEvents()
            let paused = try guest(
                "places-action", arguments: ["-action", "watchdog=pause"], append: "lab.hang=1")
            try paused.waits(forLog: "op=protect", "result=attached")
            try events.waits(for: "watchdog", "pause", of: paused)
            try Lab.wait(for: "the guest paused") { try paused.state() == "paused" }
            #expect(try paused.boots().count == 1)
        }

        @Test
        func `A device that is added live and to the definition has one slot in both`() throws {
            let guest = try guest("places-both", .defined, devices: "")
            try guest.waits(forLog: "op=protect", "result=attached")
            let device = Lab.folder.appending(path: "nic.xml")
            try Data(Self.network.utf8).write(to: device)
            try guest.virsh("attach-device", guest.name, device.path, "--live", "--config")
            let path = "/domain/devices/interface[mac/@address='52:54:00:00:00:02']/address/@slot"
            let live = try value(path, guest.definition())
            #expect(live != nil)
            #expect(try value(path, guest.virsh("dumpxml", "--inactive", guest.name)) == live)
            try guest.virsh("destroy", guest.name)
            try guest.virsh("start", guest.name)
            #expect(try value(path, guest.definition()) == live)
        }

        @Test
        func `Under persist, a guest keeps the buses of its devices over three starts`() throws {
            try Lab.setPolicy("vm.watchdog.persist=true\n")
            let ports = (0...2).map { function in
                "<controller type='pci' index='\(function + 1)' model='pcie-root-port'>"
                    + "<address type='pci' bus='0' slot='0x1c' function='\(function)'"
                    + " multifunction='\(function == 0 ? "on" : "off")'/></controller>"
            }.joined()
            let folder = try TemporaryFolder()
            let controllers = try folder.write(
                "controllers", "<controller type='pci' index='0' model='pcie-root'/>\(ports)")
            let definition = try String(
                contentsOf: LabGuest.definition(
                    "places-buses", ["--machine", "q35", "--controllers", controllers.path]),
                encoding: .utf8
            ).replacing(
                "</devices>",
                with: Self.network.replacing(
                    "</interface>",
                    with:
                        "<address type='pci' bus='1' slot='0' function='0'/></interface></devices>")
            )
            let guest = try LabGuest("places-buses", .defined, definition: definition)
            var listings: [[String]] = []
            for start in 1...3 {
                if start > 1 { try guest.virsh("start", guest.name) }
                try guest.waits(forLine: "LAB armed i6300ESB", inBoot: start)
                listings.append(
                    try guest.boots()[start - 1].filter {
                        // The network device, and the ports before ours.
                        $0.hasSuffix("1af4:1041") || $0.contains("1c.")
                    })
                if start > 1 {
                    #expect(try guest.seesWatchdog(inBoot: start), "from its first instruction on")
                }
                try guest.virsh("destroy", guest.name)
            }
            #expect(
                listings[0].count == 4 && listings[0] == listings[1] && listings[1] == listings[2])
        }

        @Test(arguments: Faults.isWhole ? ["pc", "q35"] : ["q35"])
        func `Under persist, a guest with devices on QEMU's own arguments starts again, protected`(
            machine: String
        ) throws {
            try Lab.setPolicy("vm.watchdog.persist=true\n")
            let bus = machine == "pc" ? "pci.0" : "pcie.0"
            let more =
                machine == "pc"
                ? []
                : [
                    "-device",
                    "pcie-root-port,id=own,bus=pcie.0,addr=0x1d,chassis=3,slot=0,port=0xf0",
                ]
            let guest = try guest(
                "places-again-\(machine)", .defined, machine: machine,
                arguments: [
                    "-device", "virtio-rng-pci,bus=\(bus),addr=0x2", "-device",
                    "virtio-rng-pci,bus=\(bus),addr=\(machine == "pc" ? "0x1f" : "0x1e")",
                ] + more)
            try guest.waits(forLog: "op=persist", "result=written")
            try guest.waits(forLine: "LAB armed i6300ESB")
            for start in 2...3 {
                try guest.virsh("destroy", guest.name)
                try guest.virsh("start", guest.name)
                try guest.waits(forLine: "LAB armed i6300ESB", inBoot: start)
                #expect(try guest.seesWatchdog(inBoot: start))
                #expect(try guest.watchdogs().count == 1)
            }
        }

        @Test func `The last empty port is reported, and reserve-ports leaves it`() throws {
            let taken = try LabGuest("places-last", options: ["--machine", "q35"])
            try taken.waits(forLog: "op=protect", "result=attached")
            for command in ["plan", "status"] {
                let text = try Command(Lab.tool, [command, "--json", taken.name]).run().text
                #expect(
                    text.contains("last empty pcie-root-port") && text.contains("reserve-ports"))
            }
            try Lab.setPolicy("vm.watchdog.reserve-ports=1\n")
            let reserved = try LabGuest("places-reserved", options: ["--machine", "q35"])
            try reserved.waits(
                forLog: "op=started", "plan=cold-plug", "vm.watchdog.reserve-ports=1")
            try reserved.waits(forLine: "LAB waiting")
            #expect(try reserved.watchdogs().isEmpty)
            let device = Lab.folder.appending(path: "nic-last.xml")
            try Data(Self.network.utf8).write(to: device)
            try reserved.virsh("attach-device", reserved.name, device.path, "--live")
        }
    }
}
