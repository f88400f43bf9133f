import Testing
import WatchdogPolicy

@testable import Hypervisor

/// Where the run of a guest is read, and that its records count for a guest that runs.
struct RunTests {
    @Test(
        "libvirt's file of QEMU's process depends on the daemon",
        arguments: [
            ("qemu:///system", "/run/user/7", "/run/libvirt/qemu/a b.pid"),
            ("qemu+unix:///system", nil, "/run/libvirt/qemu/a b.pid"),
            ("qemu:///session", "/run/user/7", "/run/user/7/libvirt/qemu/run/a b.pid"),
            ("qemu:///session", nil, nil),
            ("qemu:///embed?root=/x", "/run/user/7", nil),
            ("qemu:///system?socket=/x", nil, nil),
            ("test:///default", "/run/user/7", nil),
            ("", "/run/user/7", nil),
            (
                "qemu+unix:///system?socket=/run/libvirt/virtqemud-sock", nil,
                "/run/libvirt/qemu/a b.pid"
            ),
            ("qemu+unix:///system?socket=/run/libvirt/other-sock", nil, nil),
        ] as [(String, String?, String?)])
    func processFile(uri: String, runtimeDirectory: String?, path: String?) {
        #expect(
            QEMUProcessFile.path(ofGuest: "a b", uri: uri, runtimeDirectory: runtimeDirectory)
                == path)
    }

    private static func record(_ run: String) -> String {
        "<o:opt-out xmlns:o='urn:virt-watchdog:opt-out:1' run='\(run)'/>"
    }

    @Test(
        "An opt-out keeps the protector away from the run that it names, and from no other",
        arguments: [
            ("first/1/70", true), ("first/2/70", false), ("second/1/70", false), ("", false),
        ])
    func optOut(run: String, counts: Bool) throws {
        let guest = FakeGuest(controllers: FakeGuest.pciRoot)
        guest.metadata = Self.record(run)
        let protection = try BlockingProtector(policy: .builtIn, timing: FakeClock().timing())
            .protect { () throws(LibvirtError) in guest }
        #expect(protection.result == (counts ? .unchanged : .attached))
        #expect(guest.attached.isEmpty == counts)
    }

    @Test(
        "An opt-out that came along with a restored guest keeps the protector away",
        arguments: [false, true])
    func arrivedOptOut(isFresh: Bool) throws {
        let guest = FakeGuest(controllers: FakeGuest.pciRoot)
        guest.metadata = Self.record("other/7/70")
        guest.isRestored = true
        let protection = try BlockingProtector(policy: .builtIn, timing: FakeClock().timing())
            .protect(isFresh: isFresh) { () throws(LibvirtError) in guest }
        #expect(protection.result == .unchanged)
        #expect(guest.attached.isEmpty)
    }

    @Test("On another host an opt-out counts, and never for a guest that does not run")
    func unknownRun() throws {
        let guest = FakeGuest(controllers: FakeGuest.pciRoot)
        guest.bootID = nil
        guest.metadata = Self.record("first/1/70")
        #expect(try guest.facts().isOptedOutOfRun)
        guest.persistentDevices = []
        guest.persistentMetadata = guest.metadata
        guest.isActive = false
        #expect(try guest.facts().optOut != nil)
        #expect(try !guest.facts().isOptedOutOfRun)
        #expect(try !guest.persistentFacts().isOptedOutOfRun)
    }

    @Test("With an opt-out of the run, the persistent definition still gets the watchdog")
    func persist() throws {
        let guest = FakeGuest(controllers: FakeGuest.pciRoot)
        guest.metadata = Self.record("first/1/70")
        guest.persistentDevices = [FakeGuest.pciRoot]
        guest.persistentMetadata = guest.metadata
        _ = try BlockingProtector(policy: .builtIn, timing: FakeClock().timing())
            .persist { () throws(LibvirtError) in guest }
        #expect(guest.persistentDevices?.contains { $0.contains("<watchdog") } == true)
    }
}
