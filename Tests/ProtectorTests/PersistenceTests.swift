import Testing
import WatchdogPolicy

@testable import Libvirt
@testable import Protector
@testable import TimerProbe

/// Writing watchdogs into persistent definitions, and taking back what is ours.
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

    @Test("a definition without a watchdog gets one with our alias, once")
    func written() throws {
        let guest = guest([FakeGuest.pciRoot])
        #expect(try writer.persist(guest, under: .builtIn).result == .written)
        #expect(guest.persistentDevices == [FakeGuest.pciRoot, Self.ours])
        #expect(try writer.persist(guest, under: .builtIn).result == .unchanged)
        #expect(try writer.remove(from: guest) == .removed)
        #expect(guest.persistentDevices == [FakeGuest.pciRoot])
        #expect(try writer.remove(from: guest) == .absent)
    }

    @Test("a dry run says what would be written, and writes nothing")
    func dryPersist() throws {
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

    @Test("on a PCIe machine it gets a port of its own, which goes with it")
    func port() throws {
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

    @Test("a port that somebody else uses by now stays")
    func portInUse() throws {
        let guest = guest([FakeGuest.pcie(ports: 1...1)])
        _ = try writer.persist(guest, under: .builtIn)
        guest.persistentDevices?.append(
            "<sound model='ac97'><address type='pci' bus='2' slot='0' function='1'/></sound>")
        #expect(try writer.remove(from: guest) == .removed)
        #expect(guest.detached == ["persistent ua-virt-watchdog"])
    }

    @Test("a device that libvirt refuses takes its port back with it")
    func refused() throws {
        let guest = guest([FakeGuest.pcie(ports: 1...1)])
        let before = guest.persistentDevices
        guest.failsAt = 2
        #expect(throws: TreatmentError.libvirt(.noSuchDevice)) {
            try writer.persist(guest, under: .builtIn)
        }
        #expect(guest.persistentDevices == before)
    }

    @Test("a transient guest has nothing to write into")
    func transient() throws {
        let guest = guest(nil)
        #expect(try writer.persist(guest, under: .builtIn).result == .transient)
        #expect(try writer.persist(guest, under: .builtIn).isConverged)
        #expect(guest.attached.isEmpty)
    }

    @Test("what cannot be written is told, with the reason")
    func unprotected() throws {
        let guest = FakeGuest(machine: "isapc")
        guest.persistentDevices = []
        let persistence = try writer.persist(guest, under: .builtIn)
        #expect(persistence.result == .unprotected)
        #expect(!persistence.isConverged)
        #expect(persistence.reason.contains("no PCI bus"))
        #expect(guest.attached.isEmpty)
    }

    @Test("a model that cannot be hot-plugged can be written")
    func notHotPluggable() throws {
        let guest = guest([FakeGuest.pciRoot])
        let policy = Policy(model: .model(.ib700))
        #expect(try writer.persist(guest, under: policy).result == .written)
        #expect(guest.attached.first?.contains("'ib700'") == true)
    }

    @Test("another action in the definition is kept, or aligned and given back by remove")
    func otherAction() throws {
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

    @Test("aligned twice, the definition gets back what it had at first")
    func alignedTwice() throws {
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
        #expect(guest.persistentMetadata == nil, "it has what it had, by policy")
    }

    @Test("what somebody else has edited since is left to them, and the record goes")
    func editedSince() throws {
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

    @Test("a pc whose bus takes nothing while it runs takes it before")
    func closedRoot() throws {
        let guest = guest([
            "<controller type='pci' index='0' model='pci-root'><target hotplug='off'/></controller>"
        ])
        #expect(try writer.persist(guest, under: .builtIn).result == .written)
        #expect(guest.attached == [Self.ours])
    }

    @Test("beside an implicit iTCO of another action it gets that first, then both are aligned")
    func besideITCO() throws {
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

    @Test("somebody else's watchdog is not taken out")
    func theirs() throws {
        let guest = guest([FakeGuest.pciRoot, Self.theirs])
        #expect(try writer.remove(from: guest) == .absent)
        #expect(guest.detached.isEmpty)
    }

    @Test("a transient guest has nothing to take out")
    func transientRemoval() throws {
        #expect(try writer.remove(from: guest(nil)) == nil)
    }

    @Test("a dry run says what is there and takes nothing")
    func dry() throws {
        let guest = guest([FakeGuest.pciRoot, Self.ours])
        #expect(try ConfigWriter(dryRun: true).remove(from: guest) == .wouldRemove)
        #expect(guest.detached.isEmpty)
    }
}
