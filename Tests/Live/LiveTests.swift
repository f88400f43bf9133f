// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// All that is seen on a real libvirtd with real guests, one after the other.
@Suite(
    .serialized,
    .enabled(
        if: Repository.runs(where: Lab.isHere), "needs the lab: run sudo ./Tests/run live"))
struct LiveTests {}

extension LiveTests {
    /// What the product is for: a guest that hangs is reset.
    struct LiveResult {
        init() throws {
            try Lab.setPolicy("")
        }

        @Test(arguments: ["pc", "q35"], LabGuest.Birth.usual)
        func
            `A guest without a watchdog gets one before its kernel runs, hangs, and is reset`(
                machine: String, birth: LabGuest.Birth
            ) throws
        {
            let events = try LabEvents()
            let guest = try LabGuest(
                "started-\(machine)-\(birth)", birth, options: ["--machine", machine],
                hangsAfter: 1)

            try guest.waits(forLog: "op=started", "plan=attach")
            try guest.waits(forLog: "op=protect", "result=attached")
            let attached = try #require(guest.watchdogs().first)
            #expect(attached.model == "i6300esb")
            #expect(attached.action == "reset")
            #expect(attached.alias == "ua-virt-watchdog")

            try guest.waits(forLine: "LAB armed i6300ESB")
            #expect(try guest.seesWatchdog(inBoot: 1))
            try guest.waits(forLine: "LAB hung")
            try events.waits(for: "watchdog", "reset", of: guest)
            try guest.waits(forLine: "LAB armed i6300ESB", inBoot: 2)
            #expect(try guest.seesWatchdog(inBoot: 2))
            #expect(try guest.watchdogs() == [attached])
            #expect(try guest.state() == "running")
        }

        @Test(arguments: ["pc", "q35"])
        func `A running guest is protected by apply, hangs, and is reset`(machine: String) throws {
            try Lab.setPolicy("vm.watchdog.model=none\n")
            let events = try LabEvents()
            let guest = try LabGuest(
                "applied-\(machine)", options: ["--machine", machine], hangsAfter: 1)
            try guest.waits(forLine: "LAB waiting")
            try #require(try guest.watchdogs().isEmpty)

            try Lab.setPolicy("")
            let planned = try Command(Lab.tool, ["plan", guest.name, "--json"]).run()
            #expect(planned.text.contains("\"plan\" : \"attach\""))
            #expect(planned.status == 3)
            #expect(try guest.watchdogs().isEmpty, "plan changes nothing")
            let applied = try Lab.run(Lab.tool, ["apply", guest.name])
            #expect(applied.contains("attached"))
            #expect(try guest.watchdogs().map(\.alias) == ["ua-virt-watchdog"])
            let again = try Lab.run(Lab.tool, ["apply", "--all", "--json"])
            #expect(again.contains("\"result\" : \"unchanged\""))
            #expect(try guest.watchdogs().count == 1)

            try guest.waits(forLine: "LAB armed i6300ESB")
            try events.waits(for: "watchdog", "reset", of: guest)
            try guest.waits(forLine: "LAB armed i6300ESB", inBoot: 2)
            #expect(try guest.seesWatchdog(inBoot: 2))
        }

        @Test func `The hypervisor takes the policy's action, pause`() throws {
            try Lab.setPolicy("vm.watchdog.action = pause\n")
            let events = try LabEvents()
            let guest = try LabGuest("action-pause", hangsAfter: 1)
            try events.waits(for: "watchdog", "pause", of: guest)
            try Lab.wait(for: "the guest being paused") { try guest.state() == "paused" }
            #expect(try Lab.virsh("domstate", guest.name, "--reason").contains("watchdog"))
        }
    }

    /// Guests that are left alone, and guests that cannot be protected while they run.
    struct Plans {
        init() throws {
            try Lab.setPolicy("")
        }

        /// A q35 guest's controllers with every port in use.
        static let fullQ35 = """
            <controller type='pci' index='0' model='pcie-root'/>
            <controller type='pci' index='1' model='pcie-root-port'/>
            <controller type='virtio-serial' index='0'>
              <address type='pci' domain='0' bus='1' slot='0' function='0'/>
            </controller>
            """

        /// A q35 guest's controllers with a bridge for conventional devices.
        static let bridgedQ35 = """
            <controller type='pci' index='0' model='pcie-root'/>
            <controller type='pci' index='1' model='pcie-root-port'/>
            <controller type='pci' index='2' model='pcie-to-pci-bridge'>
              <address type='pci' domain='0' bus='1' slot='0' function='0'/>
            </controller>
            """

        @Test
        func `A q35 guest with no port left keeps running, and log and plan name the reason`()
            throws
        {
            let folder = try TemporaryFolder()
            let controllers = try folder.write("controllers", Self.fullQ35)
            let guest = try LabGuest(
                "no-port", options: ["--machine", "q35", "--controllers", controllers.path])
            try guest.waits(
                forLog: "op=started", "plan=cold-plug", "no empty pcie-root-port")
            try guest.waits(forLine: "LAB waiting")
            #expect(try guest.watchdogs().isEmpty)
            let plan = try Lab.run(Lab.tool, ["plan", guest.name])
            #expect(plan.contains("cold-plug"))
            #expect(plan.contains("no empty pcie-root-port"))
            let apply = try Command(Lab.tool, ["apply", guest.name]).run()
            #expect(apply.status == 1)
            #expect(apply.text.contains("unprotected"))
        }

        @Test
        func `Under enforce, a guest that cannot be protected is refused with the reason`() throws {
            try Lab.setPolicy("vm.watchdog.enforce=true\n")
            let folder = try TemporaryFolder()
            let controllers = try folder.write("controllers", Self.fullQ35)
            let definition = try LabGuest.definition(
                "refused", ["--machine", "q35", "--controllers", controllers.path])
            let refused = try Command("/usr/bin/virsh", ["create", definition.path]).run()
            #expect(refused.status != 0)
            #expect(refused.errorText.contains("no empty pcie-root-port"))
            #expect(refused.errorText.contains("vm.watchdog.enforce=true"))

            let guest = try LabGuest("not-refused", options: ["--machine", "q35"])
            try guest.waits(forLog: "op=protect", "result=attached")
        }

        @Test
        func `Under enforce, a guest whose QEMU does not have the device is refused`() throws {
            try Lab.setPolicy("vm.watchdog.enforce=true\n")
            let lite = "/usr/bin/qemu-lite"
            try InstalledQEMU.copyWithoutWatchdog(to: lite)
            let file = try LabGuest.definition("lite", [])
            let text = try String(contentsOf: file, encoding: .utf8)
                .replacing("<devices>", with: "<devices><emulator>\(lite)</emulator>")
            try Data(text.utf8).write(to: file)
            let refused = try Command("/usr/bin/virsh", ["create", file.path]).run()
            #expect(refused.status != 0)
            #expect(refused.errorText.contains("does not have the model"))

            // Without enforce it runs, and is said to be unprotected.
            try Lab.setPolicy("")
            let guest = try LabGuest("lite", .created, definition: text)
            let plan = try Command(Lab.tool, ["plan", guest.name]).run()
            #expect(plan.text.contains("refuse"))
            #expect(plan.text.contains("does not have the model"))
            let status = try Command(Lab.tool, ["status", guest.name]).run()
            #expect(status.status != 0)
        }

        @Test
        func `A q35 guest with a bridge gets the device there, where libvirt puts it`() throws {
            let folder = try TemporaryFolder()
            let controllers = try folder.write("controllers", Self.bridgedQ35)
            let guest = try LabGuest(
                "bridge", options: ["--machine", "q35", "--controllers", controllers.path])
            try guest.waits(forLog: "op=protect", "result=attached")
            #expect(try guest.watchdogs().map(\.bus) == ["0x02"])
            try guest.waits(forLine: "LAB armed i6300ESB")
        }

        @Test func `An excluded guest and a guest whose metadata opts out are left alone`() throws {
            try Lab.setPolicy("vm.watchdog.exclude=r-*-VM, excluded\n")
            let folder = try TemporaryFolder()
            let metadata = try folder.write(
                "metadata",
                "<w:policy xmlns:w='urn:virt-watchdog:policy:1' enabled='no'/>")
            let excluded = try LabGuest("r-2-VM")
            let optedOut = try LabGuest("opted-out", options: ["--metadata", metadata.path])
            try excluded.waits(forLog: "op=started", "plan=leave", "does not cover")
            try optedOut.waits(forLog: "op=started", "plan=leave", "wants no watchdog")
            try optedOut.waits(forLine: "LAB waiting")
            #expect(try excluded.watchdogs().isEmpty)
            #expect(try optedOut.watchdogs().isEmpty)
        }

        @Test func `A bad value leaves guests alone, and the log names its place`() throws {
            try Lab.setPolicy("\nvm.watchdog.action=resett\n")
            let guest = try LabGuest("bad-value")
            try guest.waits(
                forLog: "op=started", "plan=leave", "\(Lab.properties.path):2:20", "'reset'")
            try guest.waits(forLine: "LAB waiting")
            #expect(try guest.watchdogs().isEmpty)
        }
    }
}
