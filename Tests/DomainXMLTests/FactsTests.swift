import DomainXML
import Testing
import WatchdogPolicy

/// What is read from a definition.
struct FactsTests {
    private func facts(_ text: String) throws -> GuestFacts {
        try Document(parsing: text).facts
    }

    @Test("everything that the plan needs is read")
    func all() throws {
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
                    model: "pcie-root-port", index: 1, allowsHotplug: false, chassis: 1),
                GuestFacts.Controller(model: "pcie-to-pci-bridge", index: 17, isOwned: true),
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

    @Test("whether there is ACPI is known of a whole definition alone")
    func acpi() throws {
        let clock = "<clock offset='utc'/>"
        #expect(try !facts("<domain>\(clock)</domain>").hasACPI)
        #expect(try !facts("<domain><features><pae/></features>\(clock)</domain>").hasACPI)
        #expect(try facts("<domain><features><acpi/></features>\(clock)</domain>").hasACPI)
        #expect(try facts("<domain><features><pae/></features></domain>").hasACPI)
    }

    @Test("what was written down of an action is read, and believed of this run alone")
    func alignment() throws {
        func facts(_ attributes: String, id: String = "id='3'") throws -> GuestFacts {
            try self.facts(
                "<domain \(id)><metadata><w:alignment xmlns:w='urn:virt-watchdog:alignment:1'"
                    + " \(attributes)/></metadata>"
                    + "<devices><watchdog model='i6300esb' action='none'/></devices></domain>")
        }
        var live = try facts("action='reset' over='none' id='3' boot='a&amp;b'")
        #expect(
            live.alignment == Alignment(action: "reset", over: "none", id: "3", boot: "a&b"))
        #expect(live.alignedAction == nil, "nobody has said that it holds")
        var later = live
        later.trustAlignment(inBoot: "c")
        #expect(later.alignedAction == nil)
        live.trustAlignment(inBoot: "a&b")
        #expect(live.alignedAction == "reset")
        for other in ["id='4'", ""] {
            var facts = try facts("action='reset' over='none' id='3' boot='a'", id: other)
            facts.trustAlignment(inBoot: "a")
            #expect(facts.alignedAction == nil)
        }
        var edited = try facts("action='reset' over='pause' id='3' boot='a'")
        edited.trustAlignment(inBoot: "a")
        #expect(edited.alignedAction == nil)
        let persistent = try facts("action='reset' was='none'", id: "")
        #expect(persistent.alignment == nil)
        #expect(
            persistent.persistentAlignment == PersistentAlignment(action: "reset", former: "none"))
        #expect(try facts("action='reset'").alignment == nil)
        #expect(
            try self.facts(
                "<domain><metadata>\(live.alignment?.xml ?? "")</metadata></domain>"
            ).alignment == nil, "libvirt adds the namespace")
    }

    @Test("what is missing is nothing")
    func missing() throws {
        let facts = try facts("<domain/>")
        #expect(facts == GuestFacts(name: ""))
    }

    @Test(
        "watchdogs elsewhere are none",
        arguments: [
            "<domain><metadata><watchdog model='ib700'/></metadata></domain>",
            "<domain><watchdog model='ib700'/></domain>",
            "<domain><devices><x><watchdog model='ib700'/></x></devices></domain>",
            "<domain><devices><x:watchdog xmlns:x='urn:x' model='ib700'/></devices></domain>",
            "<domain><devices xmlns='urn:x'><watchdog model='ib700'/></devices></domain>",
            "<domain><devices><!-- <watchdog model='ib700'/> --></devices></domain>",
        ])
    func elsewhere(text: String) throws {
        #expect(try facts(text).watchdogs.isEmpty)
    }

    @Test(
        "a policy in another namespace or place is none",
        arguments: [
            "<metadata><policy enabled='no'/></metadata>",
            "<metadata><policy xmlns='urn:virt-watchdog:policy:2' enabled='no'/></metadata>",
            "<policy xmlns='urn:virt-watchdog:policy:1' enabled='no'/>",
        ])
    func otherPolicy(text: String) throws {
        #expect(try facts("<domain>\(text)</domain>").guestPolicy == nil)
    }

    @Test("text is read through CDATA, comments and plain entities")
    func text() throws {
        let facts = try facts(
            "<!DOCTYPE domain [<!ENTITY e 'x'>]><domain><name>a<![CDATA[b]]><!-- c -->&e;</name></domain>"
        )
        #expect(facts.name == "abx")
    }

    @Test("a huge name is cut, not copied around")
    func hugeName() throws {
        let name = String(repeating: "n", count: 1 << 20)
        #expect(try facts("<domain><name>\(name)</name></domain>").name.utf8.count == 64 << 10)
    }
}
