// SPDX-License-Identifier: Apache-2.0

import Testing
import WatchdogPolicy

@testable import Libvirt
@testable import Protector
@testable import TimerProbe

/// Writing watchdogs into persistent definitions, and removing our own.
struct PersistenceTests {
    private let writer = ConfigWriter()

    private static let ours =
        "<watchdog model='i6300esb' action='reset'><alias name='ua-virt-watchdog'/>"
        + "<address type='pci' domain='0' bus='0' slot='31' function='0'/></watchdog>"
    private static let theirs = "<watchdog model='i6300esb' action='reset'/>"

    private func guest(_ persistent: [String]?) -> FakeGuest {
        let guest = FakeGuest()
        guest.persistentDevices = persistent
        return guest
    }

    @Test func `A definition without a watchdog gets one with our alias, once`() throws {
        let guest = guest([FakeGuest.pciRoot])
        #expect(try writer.persist(guest, under: .builtIn).result == .written)
        #expect(guest.persistentDevices == [FakeGuest.pciRoot, Self.ours])
        #expect(try writer.persist(guest, under: .builtIn).result == .unchanged)
        #expect(try writer.remove(from: guest) == .removed)
        #expect(guest.persistentDevices == [FakeGuest.pciRoot])
        #expect(try writer.remove(from: guest) == .absent)
    }

    @Test func `A dry run names the device to write, and writes nothing`() throws {
        let guest = guest([FakeGuest.pcie(ports: 1...3)])
        let before = guest.persistentDevices
        let dry = ConfigWriter(dryRun: true)
        let persistence = try dry.persist(guest, under: .builtIn)
        #expect(persistence.result == .wouldWrite)
        #expect(persistence.reason.contains("would have i6300esb with action reset"))
        #expect(persistence.reason.contains("pcie-root-port 4"))
        guest.persistentDevices?.append("<watchdog model='i6300esb' action='none'/>")
        let align = Policy(existing: .align)
        #expect(try dry.persist(guest, under: align).result == .wouldAlign)
        guest.persistentDevices = before
        #expect(guest.attached.isEmpty && guest.definitions.isEmpty)
        #expect(guest.persistentMetadata == nil)
    }

    @Test
    func `On a PCIe machine the watchdog gets its own port, which is removed with it`() throws {
        let before = [FakeGuest.pcie(ports: 1...3)]
        let guest = guest(before)
        let persistence = try writer.persist(guest, under: .builtIn)
        #expect(persistence.result == .written)
        #expect(persistence.reason.contains("pcie-root-port 4"))
        #expect(
            guest.attached == [
                "<controller type='pci' model='pcie-root-port' index='4'>"
                    + "<model name='pcie-root-port'/><target chassis='4' port='240'/>"
                    + "<alias name='ua-virt-watchdog-port'/>"
                    + "<address type='pci' domain='0' bus='0' slot='30' function='0'/></controller>",
                "<watchdog model='i6300esb' action='reset'><alias name='ua-virt-watchdog'/>"
                    + "<address type='pci' domain='0' bus='4' slot='0' function='0'/></watchdog>",
            ])
        #expect(try writer.remove(from: guest) == .removed)
        #expect(guest.persistentDevices == before)
    }

    @Test func `A port that another device uses stays`() throws {
        let guest = guest([FakeGuest.pcie(ports: 1...1)])
        _ = try writer.persist(guest, under: .builtIn)
        guest.persistentDevices?.append(
            "<sound model='ac97'><address type='pci' bus='2' slot='0' function='1'/></sound>")
        #expect(try writer.remove(from: guest) == .removed)
        #expect(guest.detached == ["persistent ua-virt-watchdog"])
    }

    @Test func `A device that libvirt refuses leaves no port behind`() throws {
        let guest = guest([FakeGuest.pcie(ports: 1...1)])
        let before = guest.persistentDevices
        guest.failsAt = 2
        #expect(throws: TreatmentError.libvirt(.noSuchDevice)) {
            try writer.persist(guest, under: .builtIn)
        }
        #expect(guest.persistentDevices == before)
    }

    @Test func `A transient guest has no definition to write to`() throws {
        let guest = guest(nil)
        #expect(try writer.persist(guest, under: .builtIn).result == .transient)
        #expect(try writer.persist(guest, under: .builtIn).isConverged)
        #expect(guest.attached.isEmpty)
    }

    @Test func `A definition that cannot be written is reported with the reason`() throws {
        let guest = FakeGuest(machine: "isapc")
        guest.persistentDevices = []
        let persistence = try writer.persist(guest, under: .builtIn)
        #expect(persistence.result == .unprotected)
        #expect(!persistence.isConverged)
        #expect(persistence.reason.contains("no PCI bus"))
        #expect(guest.attached.isEmpty)
    }

    @Test func `A model that cannot be hot-plugged can be written`() throws {
        let guest = guest([FakeGuest.pciRoot])
        let policy = Policy(model: .model(.ib700))
        #expect(try writer.persist(guest, under: policy).result == .written)
        #expect(guest.attached.first?.contains("'ib700'") == true)
    }

    @Test
    func `Another action in the definition is kept, or aligned and restored by remove`() throws {
        let none = "<watchdog model='i6300esb' action='none'/>"
        let guest = guest([FakeGuest.pciRoot + none])
        #expect(try writer.persist(guest, under: .builtIn).result == .unchanged)
        #expect(guest.definitions.isEmpty)

        let align = Policy(existing: .align)
        #expect(try writer.persist(guest, under: align).result == .aligned)
        #expect(guest.definitions.count == 1)
        #expect(guest.persistentDevices?.joined().contains("action=\"reset\"") == true)
        #expect(guest.persistentMetadata?.contains("was=\"none\"") == true)
        #expect(try writer.persist(guest, under: align).result == .unchanged)
        #expect(guest.attached.isEmpty)

        #expect(try writer.remove(from: guest) == .removed)
        #expect(guest.persistentDevices?.joined().contains("action=\"none\"") == true)
        #expect(guest.persistentMetadata == nil)
        #expect(try writer.remove(from: guest) == .absent)
    }

    @Test func `A definition that was aligned twice gets its first action back`() throws {
        let guest = guest([FakeGuest.pciRoot + "<watchdog model='i6300esb' action='none'/>"])
        for action in [WatchdogAction.reset, .pause] {
            let align = Policy(action: action, existing: .align)
            #expect(try writer.persist(guest, under: align).result == .aligned)
        }
        #expect(guest.persistentMetadata?.contains("action=\"pause\" was=\"none\"") == true)
        #expect(try writer.remove(from: guest) == .removed)
        #expect(guest.persistentDevices?.joined().contains("action=\"none\"") == true)
        let back = Policy(action: .none, existing: .align)
        let align = Policy(existing: .align)
        _ = try writer.persist(guest, under: align)
        _ = try writer.persist(guest, under: back)
        #expect(guest.persistentMetadata == nil, "its own action is the policy's")
    }

    @Test func `An action that was edited since stays, and the record is removed`() throws {
        let guest = guest([FakeGuest.pciRoot + "<watchdog model='i6300esb' action='none'/>"])
        let align = Policy(existing: .align)
        _ = try writer.persist(guest, under: align)
        guest.persistentDevices = [
            FakeGuest.pciRoot + "<watchdog model='i6300esb' action='pause'/>"
        ]
        #expect(try writer.remove(from: guest) == .removed)
        #expect(guest.persistentDevices?.joined().contains("action=\"pause\"") == true)
        #expect(guest.persistentMetadata == nil)
        #expect(try writer.remove(from: guest) == .absent)
    }

    @Test func `A pc whose bus takes no hot-plug gets the watchdog in its definition`() throws {
        let guest = guest([
            "<controller type='pci' index='0' model='pci-root'><target hotplug='off'/></controller>"
        ])
        #expect(try writer.persist(guest, under: .builtIn).result == .written)
        #expect(guest.attached == [Self.ours])
    }

    @Test func `Beside an implicit iTCO of another action, both watchdogs are aligned`() throws {
        let itco = "<watchdog model='itco' action='reset'/>"
        let guest = FakeGuest(machine: "pc-q35-9.2")
        guest.persistentDevices = [FakeGuest.pcie(ports: 1...1), itco]
        let pause = Policy(action: .pause)
        #expect(try writer.persist(guest, under: pause).result == .written)
        #expect(guest.attached.last?.contains("action='reset'") == true)
        let devices = try #require(guest.persistentDevices?.joined())
        #expect(devices.ranges(of: "action=\"pause\"").count == 2)
        #expect(try writer.persist(guest, under: pause).result == .unchanged)
    }

    @Test func `Another owner's watchdog is not removed`() throws {
        let guest = guest([FakeGuest.pciRoot, Self.theirs])
        #expect(try writer.remove(from: guest) == .absent)
        #expect(guest.detached.isEmpty)
    }

    @Test func `A transient guest has no definition to clean`() throws {
        #expect(try writer.remove(from: guest(nil)) == nil)
    }

    @Test func `A dry run names the watchdog to remove, and removes nothing`() throws {
        let guest = guest([FakeGuest.pciRoot, Self.ours])
        #expect(try ConfigWriter(dryRun: true).remove(from: guest) == .wouldRemove)
        #expect(guest.detached.isEmpty)
    }
}
