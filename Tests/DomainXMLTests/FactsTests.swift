// SPDX-License-Identifier: Apache-2.0

import DomainXML
import Testing
import WatchdogPolicy

/// The facts of a definition.
struct FactsTests {
    private func facts(_ text: String) throws -> GuestFacts {
        try Document(parsing: text).facts
    }

    @Test func `The first emulator counts, where libvirt looks for it`() throws {
        func emulator(_ devices: String, _ more: String = "") throws -> String? {
            try facts("<domain>\(more)<devices>\(devices)</devices></domain>").emulator
        }
        #expect(try emulator("<emulator>/usr/bin/q</emulator>") == "/usr/bin/q")
        #expect(try emulator("<emulator>/a</emulator><emulator>/b</emulator>") == "/a")
        #expect(try emulator("<emulator xmlns='urn:x'>/a</emulator>") == nil)
        #expect(try emulator("<disk><emulator>/a</emulator></disk>") == nil)
        #expect(try emulator("", "<emulator>/a</emulator>") == nil)
        #expect(try emulator("<emulator>/a &amp; b</emulator>") == "/a & b")
    }

    @Test func `A definition with the parts that libvirt adds to each is complete`() throws {
        let uuid = "<uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>"
        let clock = "<clock offset='utc'/>"
        let devices = "<devices><emulator>/q</emulator></devices>"
        #expect(try facts("<domain>\(uuid)\(clock)\(devices)</domain>").isComplete)
        for parts in [uuid + clock, uuid + devices, clock + devices] {
            #expect(try !facts("<domain>\(parts)</domain>").isComplete)
        }
    }

    @Test func `A panic device and on_crash are read`() throws {
        let start = "<domain><name>a</name>"
        let without = try facts("\(start)<devices><memballoon model='none'/></devices></domain>")
        #expect(!without.hasPanicDevice)
        #expect(without.onCrash == nil)
        let with = try facts(
            "\(start)<on_crash>preserve</on_crash><devices><panic model='isa'/></devices></domain>")
        #expect(with.hasPanicDevice)
        #expect(with.onCrash == "preserve")
        let other = try facts("\(start)<devices><panic xmlns='urn:x'/></devices><panic/></domain>")
        #expect(!other.hasPanicDevice)
    }

    @Test func `Everything that the plan needs is read`() throws {
        let facts = try facts(
            """
            <domain type='kvm' id='3'>
              <name>i-2-7-VM</name>
              <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>
              <metadata>
                <other xmlns='urn:x'/>
                <w:policy xmlns:w='urn:virt-watchdog:policy:1' model='ib700'/>
              </metadata>
              <os>
                <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
                <loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader>
              </os>
              <on_reboot>destroy</on_reboot>
              <devices>
                <controller type='usb' index='0' model='none'/>
                <controller type='pci' index='0' model='pcie-root'/>
                <controller type='pci' index='1' model='pcie-root-port'>
                  <target chassis='1' port='0x8' hotplug='off'/>
                  <address type='pci' domain='0x0000' bus='0x00' slot='0x1f' function='0x2'/>
                </controller>
                <controller type='pci' index='17' model='pcie-to-pci-bridge'>
                  <alias name='ua-virt-watchdog-port'/>
                </controller>
                <hostdev mode='subsystem' type='pci'>
                  <source><address type='pci' domain='0x1' bus='0x2' slot='0x3' function='0x4'/></source>
                  <address type='pci' bus='17' slot='4'/>
                </hostdev>
                <watchdog model='i6300esb'>
                  <alias name='ua-virt-watchdog'/>
                  <address type='pci' domain='0x0000' bus='0x11' slot='0x01' function='0x0'/>
                </watchdog>
                <serial><address type='isa' bus='9'/></serial>
              </devices>
              <devices><watchdog model='itco' action='pause'/></devices>
            </domain>
            """)
        #expect(facts.name == "i-2-7-VM")
        #expect(facts.uuid == "c7a5fdbd-edaf-9455-926a-d65c16db1809")
        #expect(facts.type == "kvm")
        #expect(facts.arch == "x86_64")
        #expect(facts.machine == "pc-q35-7.2")
        #expect(facts.firmware == "/usr/share/OVMF/OVMF_CODE_4M.fd")
        #expect(facts.isLive)
        #expect(facts.onReboot == "destroy")
        #expect(facts.guestPolicy?.model == .model(.ib700))
        #expect(
            facts.controllers == [
                GuestFacts.Controller(model: "pcie-root", index: 0),
                GuestFacts.Controller(
                    model: "pcie-root-port", index: 1, allowsHotplug: false, chassis: 1, port: 8,
                    address: GuestFacts.PCIAddress(bus: 0, slot: 31, function: 2)),
                GuestFacts.Controller(
                    model: "pcie-to-pci-bridge", index: 17, alias: "ua-virt-watchdog-port"),
            ])
        #expect(
            Set(facts.usedAddresses) == [
                GuestFacts.PCIAddress(bus: 0, slot: 31, function: 2),
                GuestFacts.PCIAddress(bus: 17, slot: 4), GuestFacts.PCIAddress(bus: 17, slot: 1),
            ], "a source's address is the host's, not the guest's")
        #expect(facts.watchdogs.map(\.model) == ["i6300esb", "itco"])
        #expect(facts.watchdogs.map(\.action) == ["reset", "pause"])
        #expect(facts.watchdogs.map(\.isOwned) == [true, false])
        #expect(facts.watchdogs[0].address == GuestFacts.PCIAddress(bus: 17, slot: 1))
    }

    @Test func `The definition's own QEMU arguments and overrides are part of the facts`() throws {
        func guest(_ own: String) throws -> GuestFacts {
            try facts(
                """
                <domain type='kvm' xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'>\(own)
                <devices><controller type='pci' index='0' model='pci-root'>
                <address type='pci' slot='5' multifunction='on'/></controller></devices></domain>
                """)
        }
        let line = try guest(
            """
            <q:commandline><q:arg value='-device'/>
            <q:arg value='{&quot;driver&quot;:&quot;i6300esb&quot;,&quot;addr&quot;:&quot;0x1f&quot;}'/>
            <q:env name='A' value='-device'/><q:arg value='-action'/><q:arg value='watchdog=pause'/>
            </q:commandline>
            """)
        #expect(line.controllers[0].isMultifunction)
        #expect(line.usedAddresses.contains(GuestFacts.PCIAddress(bus: 0, slot: 31)))
        #expect(line.watchdogs.map(\.action) == ["pause"] && line.watchdogs[0].isOnCommandLine)
        let override = try guest(
            """
            <q:override><q:device alias='ua-x'><q:frontend>
            <q:property name='addr' type='unsigned' value='240'/></q:frontend></q:device></q:override>
            """)
        #expect(override.usedAddresses.contains(GuestFacts.PCIAddress(bus: 0, slot: 30)))
        #expect(
            try guest("<q:commandline><q:env name='A' value='b'/></q:commandline>").qemuArguments
                == nil)
        #expect(try guest("<commandline><arg value='-device'/></commandline>").qemuArguments == nil)
    }

    @Test func `ACPI is known to be absent only in a complete definition`() throws {
        let clock = "<clock offset='utc'/>"
        #expect(try !facts("<domain>\(clock)</domain>").hasACPI)
        #expect(try !facts("<domain><features><pae/></features>\(clock)</domain>").hasACPI)
        #expect(try facts("<domain><features><acpi/></features>\(clock)</domain>").hasACPI)
        #expect(try facts("<domain><features><pae/></features></domain>").hasACPI)
    }

    private static let run = RunID(boot: "a&b", process: 7, startTicks: 9)

    /// Reads a guest that has a watchdog with the action none, and this in its metadata.
    private func facts(metadata: String, id: String = "id='3'") throws -> GuestFacts {
        try facts(
            "<domain \(id)><metadata xmlns:a='urn:virt-watchdog:alignment:1'"
                + " xmlns:o='urn:virt-watchdog:opt-out:1'>\(metadata)</metadata>"
                + "<devices><watchdog model='i6300esb' action='none'/></devices></domain>")
    }

    @Test
    func `A record of an action is read, and counts only once its run is known to be current`()
        throws
    {
        var live = try facts(
            metadata: "<a:alignment action='reset' over='none' id='3' run='a&amp;b/7/9'/>")
        #expect(
            live.actionOverride
                == ActionOverride(action: "reset", definedAction: "none", id: "3", run: Self.run))
        #expect(live.effectiveAction == nil)
        live.trustRecords(of: Self.run)
        #expect(live.effectiveAction == "reset")
        let persistent = try facts(metadata: "<a:alignment action='reset' was='none'/>", id: "")
        #expect(persistent.actionOverride == nil)
        #expect(
            persistent.savedAction == SavedAction(action: "reset", former: "none"))
        #expect(
            try self.facts(
                "<domain><metadata>\(live.actionOverride?.xml ?? "")</metadata></domain>"
            ).actionOverride == nil, "libvirt adds the namespace")
    }

    @Test(
        arguments: [
            ("action='reset' over='none' id='3' run='a&amp;b/7/9'", Self.run, true),
            ("action='reset' over='none' id='3'", nil, true),
            ("action='reset' over='none' id='3' run=''", nil, true),
            ("action='reset' over='none' id='3' boot='a&amp;b'", nil, true),
            ("action='reset' over='none' id='3' run='a&amp;b/7'", nil, true),
            ("action='reset' over='none' id='3' o:run='a&amp;b/7/9'", nil, true),
            ("action='reset' over='none' run='a&amp;b/7/9'", nil, false),
            ("action='reset' id='3' run='a&amp;b/7/9'", nil, false),
            ("over='none' id='3' run='a&amp;b/7/9'", nil, false),
            ("", nil, false),
        ] as [(String, RunID?, Bool)])
    func `Of an alignment's attributes, the run alone may be missing or odd`(
        attributes: String, run: RunID?, isRecord: Bool
    ) throws {
        let record = ActionOverride(action: "reset", definedAction: "none", id: "3", run: run)
        #expect(
            try facts(metadata: "<a:alignment \(attributes)/>").actionOverride
                == (isRecord ? record : nil))
    }

    @Test func `The first alignment with all its attributes counts`() throws {
        let facts = try facts(
            metadata: "<a:alignment/><a:alignment action='pause' was='dump'/>"
                + "<a:alignment action='reset' over='none' id='3' run='a&amp;b/7/9'/>"
                + "<a:alignment action='pause' over='none' id='4' was='reset'/>")
        #expect(
            facts.actionOverride
                == ActionOverride(action: "reset", definedAction: "none", id: "3", run: Self.run)
        )
        #expect(
            facts.savedAction == SavedAction(action: "pause", former: "dump"))
    }

    @Test(
        arguments: [
            ("<o:opt-out run='a&amp;b/7/9'/>", OptOut(run: Self.run)),
            ("<o:opt-out/>", OptOut(run: nil)),
            ("<o:opt-out run=''/>", OptOut(run: nil)),
            ("<o:opt-out run='a&amp;b/7/09'/>", OptOut(run: nil)),
            (
                "<o:opt-out/><o:opt-out run='a&amp;b/7/9'/><o:opt-out run='c/7/9'/>",
                OptOut(run: run)
            ),
            ("<o:opt-out run='a&amp;b/7/9'/><o:opt-out/>", OptOut(run: Self.run)),
            ("<o:opt-out run='c/7/9'/><o:opt-out run='a&amp;b/7/9'/>", other),
            ("<opt-out run='a&amp;b/7/9'/>", nil),
            ("<a:opt-out run='a&amp;b/7/9'/>", nil),
            ("<o:alignment run='a&amp;b/7/9'/>", nil),
            ("<x><o:opt-out run='a&amp;b/7/9'/></x>", nil),
        ] as [(String, OptOut?)])
    func `An opt-out is read, and of several the first with a run counts`(
        metadata: String, record: OptOut?
    ) throws {
        let facts = try facts(metadata: metadata)
        #expect(facts.optOut == record)
        #expect(!facts.isOptedOutOfRun)
        #expect(facts.actionOverride == nil && facts.guestPolicy == nil)
    }

    private static let other = OptOut(run: RunID(boot: "c", process: 7, startTicks: 9))

    @Test func `An empty document gives empty facts`() throws {
        let facts = try facts("<domain/>")
        #expect(facts == GuestFacts(name: ""))
    }

    @Test(arguments: [
        "<domain><metadata><watchdog model='ib700'/></metadata></domain>",
        "<domain><watchdog model='ib700'/></domain>",
        "<domain><devices><x><watchdog model='ib700'/></x></devices></domain>",
        "<domain><devices><x:watchdog xmlns:x='urn:x' model='ib700'/></devices></domain>",
        "<domain><devices xmlns='urn:x'><watchdog model='ib700'/></devices></domain>",
        "<domain><devices><!-- <watchdog model='ib700'/> --></devices></domain>",
    ])
    func `Watchdogs outside of devices do not count`(text: String) throws {
        #expect(try facts(text).watchdogs.isEmpty)
    }

    @Test(arguments: [
        "<metadata><policy enabled='no'/></metadata>",
        "<metadata><policy xmlns='urn:virt-watchdog:policy:2' enabled='no'/></metadata>",
        "<policy xmlns='urn:virt-watchdog:policy:1' enabled='no'/>",
    ])
    func `A policy in another namespace or place does not count`(text: String) throws {
        #expect(try facts("<domain>\(text)</domain>").guestPolicy == nil)
    }

    @Test func `Text is read through CDATA, comments and plain entities`() throws {
        let facts = try facts(
            "<!DOCTYPE domain [<!ENTITY e 'x'>]><domain><name>a<![CDATA[b]]><!-- c -->&e;</name></domain>"
        )
        #expect(facts.name == "abx")
    }

    @Test func `A huge name is cut`() throws {
        let name = String(repeating: "n", count: 1 << 20)
        #expect(try facts("<domain><name>\(name)</name></domain>").name.utf8.count == 64 << 10)
    }

    @Test(
        arguments: [
            ("", GuestFacts.AgentChannel.absent),
            (
                "<channel><target type='virtio' name='org.qemu.guest_agent.0'/></channel>",
                .disconnected
            ),
            (
                "<channel><target name='org.qemu.guest_agent.0' state='disconnected'/></channel>",
                .disconnected
            ),
            (
                "<channel/><channel><target name='x' state='connected'/></channel>"
                    + "<channel><target name='org.qemu.guest_agent.0' state='connected'/></channel>"
                    + "<channel><target name='y' state='disconnected'/></channel>", .connected
            ),
            (
                "<console><target name='org.qemu.guest_agent.0' state='connected'/></console>",
                .absent
            ),
            (
                "<channel><target name='org.qemu.guest_agent.1' state='connected'/></channel>",
                .absent
            ),
        ] as [(String, GuestFacts.AgentChannel)])
    func `The channel to the guest agent is read`(
        devices: String, agent: GuestFacts.AgentChannel
    ) throws {
        #expect(
            try facts("<domain><devices>\(devices)</devices></domain>").agent == agent)
        // One of another vendor's is none.
        #expect(
            try facts(
                "<domain xmlns:o='urn:o'><devices>"
                    + "<o:channel><target name='org.qemu.guest_agent.0'/></o:channel>"
                    + "</devices></domain>"
            ).agent == .absent)
    }
}
