import Testing
import WatchdogPolicy

@testable import Hypervisor

/// The protector against guests and daemons in every mood.
struct ProtectorTests {
    private let clock = FakeClock()

    private func protector(
        _ policy: Policy = .builtIn, limit: Duration = .seconds(600)
    ) -> BlockingProtector {
        BlockingProtector(policy: policy, timing: clock.timing(limit: limit))
    }

    private func protect(_ guest: FakeGuest, _ policy: Policy = .builtIn) throws -> Protection {
        try protector(policy).protect { () throws(LibvirtError) in guest }
    }

    @Test("on a pc, libvirt is left to find the place, and the device bears our alias")
    func pc() throws {
        let guest = FakeGuest(controllers: FakeGuest.pciRoot)
        let protection = try protect(guest)
        #expect(protection.result == .attached)
        #expect(
            guest.attached == [
                "<watchdog model='i6300esb' action='reset'><alias name='ua-virt-watchdog'/></watchdog>"
            ])
    }

    @Test("on a PCIe machine, the device goes to an empty port by its address")
    func pcie() throws {
        let guest = FakeGuest(machine: "pc-q35-7.2", controllers: FakeGuest.pcie(ports: 1...3))
        #expect(try protect(guest).result == .attached)
        #expect(
            guest.attached == [
                "<watchdog model='i6300esb' action='reset'><alias name='ua-virt-watchdog'/>"
                    + "<address type='pci' domain='0' bus='3' slot='0' function='0'/></watchdog>"
            ])
    }

    @Test("asked twice, it attaches once")
    func converges() throws {
        let guest = FakeGuest(controllers: FakeGuest.pciRoot)
        #expect(try protect(guest).result == .attached)
        #expect(try protect(guest).result == .unchanged)
        #expect(guest.attached.count == 1)
    }

    @Test("a port that was taken meanwhile makes it go to the next, and none left is the error")
    func portTaken() throws {
        let guest = FakeGuest(machine: "q35", controllers: FakeGuest.pcie(ports: 1...3))
        guest.failures = [.error(.placeTaken), .error(.placeTaken)]
        #expect(try protect(guest).result == .attached)
        #expect(guest.attached.first?.contains("bus='1'") == true)

        let full = FakeGuest(machine: "q35", controllers: FakeGuest.pcie(ports: 1...2))
        full.failures = [.error(.placeTaken), .error(.placeTaken)]
        #expect(throws: ProtectionError.libvirt(.placeTaken)) { try protect(full) }
        #expect(full.attached.isEmpty)
    }

    @Test(
        "somebody faster with a watchdog is no failure, whatever libvirt calls it",
        arguments: [LibvirtError.alreadyThere, .placeTaken, .noSuchDevice])
    func overtaken(error: LibvirtError) throws {
        let guest = FakeGuest(controllers: FakeGuest.pciRoot)
        guest.failures = [.overtaken(by: "<watchdog model='i6300esb' action='reset'/>", error)]
        #expect(try protect(guest).result == .unchanged)
        #expect(guest.watchdogs.count == 1)
    }

    @Test(
        "what may be better later is tried again",
        arguments: [LibvirtError.busy, .lost, .noDaemon, .queueFull])
    func retries(error: LibvirtError) throws {
        let guest = FakeGuest(controllers: FakeGuest.pciRoot)
        guest.failures = [.error(error), .error(error), .error(error)]
        #expect(try protect(guest).result == .attached)
        #expect(clock.now == .milliseconds(20 + 40 + 80))
    }

    @Test("a daemon that cannot be reached is tried until the time is up, and no longer")
    func outOfTime() throws {
        var attempts = 0
        #expect(throws: ProtectionError.outOfTime(.noDaemon)) {
            try protector(limit: .seconds(60)).protect { () throws(LibvirtError) -> FakeGuest in
                attempts += 1
                throw .noDaemon
            }
        }
        #expect(clock.now >= .seconds(60))
        #expect(clock.now <= .seconds(70))
        #expect(attempts > 10)
    }

    @Test("a lost connection is made anew")
    func reconnects() throws {
        let guest = FakeGuest(controllers: FakeGuest.pciRoot)
        var failures: [LibvirtError] = [.noDaemon, .lost]
        let protection = try protector().protect { () throws(LibvirtError) in
            if !failures.isEmpty { throw failures.removeFirst() }
            return guest
        }
        #expect(protection.result == .attached)
    }

    @Test(
        "a guest that is gone is no reason to try again",
        arguments: [LibvirtError.gone, .notRunning])
    func gone(error: LibvirtError) throws {
        let guest = FakeGuest(controllers: FakeGuest.pciRoot)
        guest.failures = [.error(error)]
        do {
            _ = try protect(guest)
            Issue.record("the error is passed on")
        } catch let failure as ProtectionError {
            #expect(failure == .libvirt(error))
            #expect(failure.isGuestGone)
        }
        #expect(clock.now == .zero)
    }

    @Test("an error that will not go away is passed on at once")
    func permanent() throws {
        let guest = FakeGuest(controllers: FakeGuest.pciRoot)
        guest.failures = [.error(.noSuchDevice)]
        #expect(throws: ProtectionError.libvirt(.noSuchDevice)) { try protect(guest) }
        #expect(clock.now == .zero)
    }

    @Test(
        "a watchdog that libvirt forgot is let go of, once the guest is out of its firmware",
        arguments: [FakeGuest.pciRoot, FakeGuest.pcie(ports: 1...1)])
    func forgotten(controllers: String) throws {
        let guest = FakeGuest(controllers: controllers)
        guest.hasForgottenWatchdog = true
        #expect(try protect(guest).result == .attached)
        #expect(guest.attached.count == 1)
        #expect(guest.requestsToLetGo == 3)
        #expect(guest.attemptsBesideForgotten.allSatisfy { $0 == 0 }, "libvirt would mix them up")
        #expect(clock.now >= .seconds(60), "a guest in its firmware would not hear it")
        #expect(clock.now < .seconds(80))
    }

    @Test("a watchdog that is let go of late is followed by another, though the time is up by then")
    func letGoLate() throws {
        let guest = FakeGuest(controllers: FakeGuest.pciRoot)
        guest.hasForgottenWatchdog = true
        guest.requestsBeforeLettingGo = 590
        #expect(try protect(guest).result == .attached)
        #expect(guest.attached.count == 1)
        #expect(clock.now >= .seconds(600))
    }

    @Test("a guest that does not let go is left alone in the end, with the remedy")
    func notLetGo() throws {
        let guest = FakeGuest(controllers: FakeGuest.pciRoot)
        guest.hasForgottenWatchdog = true
        guest.letsGo = false
        let error = #expect(throws: ProtectionError.outOfTime(.duplicate)) { try protect(guest) }
        #expect(error?.description.contains("reset the guest") == true)
        #expect(guest.attached.isEmpty)
    }

    @Test("a device that libvirt took but does not show is a failure, not a success")
    func readsBack() throws {
        let guest = FakeGuest(controllers: FakeGuest.pciRoot)
        guest.showsDevices = false
        #expect(throws: ProtectionError.self) { try protect(guest) }
    }

    @Test("a guest that ends and is started again meanwhile is protected in its new run")
    func startedAgain() throws {
        let guest = FakeGuest(controllers: FakeGuest.pciRoot)
        guest.nextRun = ("2", [])
        let protection = try protect(guest)
        #expect(protection.result == .attached)
        #expect(protection.facts.id == "2")
        #expect(guest.watchdogs.count == 1)
    }

    @Test("a guest on its way in from another host is waited for, however long it takes")
    func migration() throws {
        let guest = FakeGuest(controllers: FakeGuest.pciRoot)
        guest.arrivals = 5000
        #expect(try protect(guest).result == .attached)
        #expect(clock.now >= .seconds(600), "longer than it would try otherwise")
    }

    @Test("what a running guest cannot be given is said, and nothing is attached")
    func coldPlug() throws {
        let guest = FakeGuest(
            machine: "q35", controllers: "<controller type='pci' index='0' model='pcie-root'/>")
        let protection = try protect(guest)
        #expect(protection.result == .unprotected)
        #expect(!protection.isConverged)
        #expect(guest.attached.isEmpty)
    }

    @Test("with keep, another action is as the policy wants it")
    func keep() throws {
        let guest = FakeGuest(
            controllers: FakeGuest.pciRoot,
            watchdogs: ["<watchdog model='i6300esb' action='none'/>"])
        let protection = try protect(guest)
        #expect(protection.result == .unchanged)
        #expect(protection.isConverged)
    }
}
