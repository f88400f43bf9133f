import Testing
import WatchdogPolicy

@testable import Hypervisor

/// Giving the watchdogs of a running guest another action, and remembering it.
struct AlignmentTests {
    private static let none = "<watchdog model='i6300esb' action='none'/>"
    private static let align = Policy(existing: .align)

    private func guest(_ watchdogs: String...) -> FakeGuest {
        FakeGuest(controllers: FakeGuest.pciRoot, watchdogs: watchdogs)
    }

    private func q35(_ watchdogs: String...) -> FakeGuest {
        FakeGuest(
            machine: "pc-q35-9.2", controllers: FakeGuest.pcie(ports: 1...2), watchdogs: watchdogs)
    }

    @discardableResult
    private func protect(
        _ guest: FakeGuest, _ policy: Policy = align, isFresh: Bool = false
    ) throws -> Protection {
        try BlockingProtector(policy: policy, timing: FakeClock().timing())
            .protect(isFresh: isFresh) { () throws(LibvirtError) in guest }
    }

    @Test("the monitor is told once, and the record keeps it from being told again")
    func once() throws {
        let guest = guest(Self.none)
        let protection = try protect(guest)
        #expect(protection.result == .aligned)
        #expect(protection.isConverged)
        #expect(protection.plan.name == "change-action")
        #expect(guest.actions == ["reset"])
        let record = "action='reset' over='none' id='1' run='first/1/70'"
        #expect(guest.metadata?.contains(record) == true)
        #expect(try protect(guest).result == .unchanged)
        #expect(guest.actions == ["reset"])
        #expect(try guest.facts().alignedAction == "reset")
        #expect(guest.attached.isEmpty)
    }

    @Test("a guest that ends and is started again meanwhile is aligned in its new run")
    func startedAgain() throws {
        let guest = guest(Self.none)
        guest.nextRun = ("2", [Self.none])
        #expect(try protect(guest).result == .aligned)
        #expect(guest.actions == ["reset", "reset"])
        #expect(guest.metadata?.contains("id='2'") == true)
    }

    @Test("with keep the monitor is not told, before and after somebody aligned")
    func keep() throws {
        let guest = guest(Self.none)
        #expect(try protect(guest, .builtIn).result == .unchanged)
        #expect(guest.actions.isEmpty && guest.metadata == nil)
        try protect(guest)
        #expect(try protect(guest, .builtIn).plan.decision == .leave(.asWanted(.reset)))
        #expect(try protect(guest, Policy(action: .pause)).result == .unchanged)
        #expect(guest.actions == ["reset"])
    }

    @Test("a guest whose definition has no watchdog never has its monitor told")
    func withoutWatchdog() throws {
        let full = FakeGuest(
            machine: "q35", controllers: "<controller type='pci' index='0' model='pcie-root'/>")
        for policy in [Self.align, .builtIn, Policy(action: .pause, existing: .align)] {
            let empty = guest()
            #expect(try protect(empty, policy).result == .attached)
            #expect(empty.actions.isEmpty)
            #expect(try protect(full, policy).result == .unprotected)
        }
        #expect(full.actions.isEmpty)
    }

    @Test(
        "a record of another run or another start of the host does not count, and is written anew",
        arguments: [("2", "first"), ("1", "second")])
    func stale(id: String, boot: String) throws {
        let guest = guest(Self.none)
        try protect(guest)
        (guest.id, guest.bootID) = (id, boot)
        #expect(try guest.facts().alignedAction == nil)
        #expect(try protect(guest).result == .aligned)
        #expect(guest.actions == ["reset", "reset"])
        #expect(guest.metadata?.contains("id='\(id)' run='\(boot)/\(id)/70'") == true)
    }

    @Test("A record of an earlier version, without a run, is written anew")
    func earlierVersion() throws {
        let guest = guest(Self.none)
        guest.metadata =
            "<w:alignment xmlns:w='urn:virt-watchdog:alignment:1' action='reset' over='none' id='1'"
            + " boot='first'/>"
        #expect(try protect(guest).result == .aligned)
        #expect(guest.actions == ["reset"])
        #expect(guest.metadata?.contains("run='first/1/70'") == true)
    }

    @Test("a record that was made over another action than the definition's does not count")
    func swapped() throws {
        let guest = guest(Self.none)
        try protect(guest)
        guest.watchdogs = ["<watchdog model='i6300esb' action='pause'/>"]
        #expect(try guest.facts().alignedAction == nil)
        #expect(try protect(guest).result == .aligned)
        #expect(guest.actions == ["reset", "reset"])
    }

    @Test("from another host than the guest's, the run alone tells whether a record holds")
    func elsewhere() throws {
        let guest = guest(Self.none)
        guest.bootID = nil
        try protect(guest)
        #expect(guest.metadata?.contains("id='1' run=''") == true)
        #expect(try protect(guest).result == .unchanged)
        guest.bootID = "first"
        #expect(try protect(guest).result == .aligned, "on the host itself it is made sure of")
    }

    @Test("a QEMU that was just started has the definition's action, whatever is written down")
    func fresh() throws {
        let guest = guest(Self.none)
        try protect(guest)
        #expect(try protect(guest, isFresh: true).result == .aligned)
        #expect(guest.actions == ["reset", "reset"])
        let asDefined = self.guest("<watchdog model='i6300esb' action='reset'/>")
        asDefined.metadata = guest.metadata?.replacing("reset", with: "pause")
        #expect(try protect(asDefined, isFresh: true).result == .unchanged)
        #expect(asDefined.metadata == nil, "it would be believed later")
        #expect(asDefined.actions.isEmpty)
    }

    @Test("a record that holds stays where the policy leaves the guest alone, another one goes")
    func handsOff() throws {
        let guest = guest(Self.none)
        let excluding = Policy(exclude: [GuestPattern("*")])
        try protect(guest)
        try protect(guest, excluding)
        #expect(guest.metadata != nil)
        guest.id = "2"
        try protect(guest, excluding)
        #expect(guest.metadata == nil)
        #expect(guest.actions == ["reset"])
    }

    @Test("back at the definition's action there is nothing to remember")
    func back() throws {
        let guest = guest("<watchdog model='i6300esb' action='pause'/>")
        try protect(guest)
        #expect(try protect(guest, Policy(action: .pause, existing: .align)).result == .aligned)
        #expect(guest.actions == ["reset", "pause"])
        #expect(guest.metadata == nil)
    }

    @Test("a dump is libvirt's, by its definition: no monitor can bring it or take it back")
    func dump() throws {
        let toDump = guest(Self.none)
        let protection = try protect(toDump, Policy(action: .dump, existing: .align))
        #expect(protection.result == .unprotected)
        #expect(protection.reason.contains("libvirt itself takes the dump"))
        let fromDump = guest("<watchdog model='i6300esb' action='dump'/>")
        #expect(try protect(fromDump).result == .unprotected)
        #expect(toDump.actions.isEmpty && fromDump.actions.isEmpty)
    }

    @Test("a QEMU that cannot change it is a failure, and nothing is written down")
    func refused() throws {
        let guest = guest(Self.none)
        let error = LibvirtError(code: .unsupported, message: "set-action has not been found")
        guest.monitorError = error
        #expect(throws: ProtectionError.libvirt(error)) { try protect(guest) }
        #expect(guest.metadata == nil)
    }

    @Test("where libvirt is busy when it is to be written down, all of it is done again")
    func busy() throws {
        let guest = guest(Self.none)
        guest.metadataErrors = [.busy]
        #expect(try protect(guest).result == .aligned)
        #expect(guest.actions == ["reset", "reset"])
        #expect(guest.metadata != nil)
    }

    @Test("beside an implicit iTCO the device gets that one's action first, then both the policy's")
    func besideITCO() throws {
        let guest = q35("<watchdog model='itco' action='reset'/>")
        let pause = Policy(action: .pause)
        let protection = try protect(guest, pause)
        #expect(protection.result == .attached)
        #expect(protection.reason.contains("at first with action 'reset'"))
        #expect(guest.attached.count == 1)
        #expect(guest.attached.first?.contains("action='reset'") == true)
        #expect(guest.actions == ["pause"])
        #expect(try protect(guest, pause).result == .unchanged)
        #expect(guest.attached.count == 1)

        let dump = try protect(q35("<watchdog model='itco'/>"), Policy(action: .dump))
        #expect(dump.plan.name == "cold-plug")
    }

    @Test("remove gives the action of the definition back, with the device or without")
    func remove() throws {
        let remover = Remover(isDry: false, timing: FakeClock().timing())
        let theirs = guest(Self.none)
        try protect(theirs)
        #expect(try remover.removeLive(from: theirs) == .removed)
        #expect(theirs.actions == ["reset", "none"])
        #expect(theirs.metadata == nil && theirs.watchdogs == [Self.none])
        #expect(try remover.removeLive(from: theirs) == .absent)

        let both = q35("<watchdog model='itco' action='reset'/>")
        try protect(both, Policy(action: .pause))
        #expect(try Remover(isDry: true).removeLive(from: both) == .wouldRemove)
        #expect(try remover.removeLive(from: both) == .removed)
        #expect(both.actions == ["pause", "reset"])
        #expect(both.watchdogs.count == 1)
    }

    @Test(
        "what QEMU answers",
        arguments: [
            (#"{"return":{},"id":"libvirt-9"}"#, nil, false),
            (
                #"{"id":"1","error":{"class":"CommandNotFound","desc":"not found"}}"#, "not found",
                true
            ),
            (#"{"error":{"class":"GenericError","desc":"no"}}"#, "no", false),
            ("", "its answer is no JSON", false),
        ] as [(String, String?, Bool)])
    func answers(text: String, problem: String?, isUnknown: Bool) {
        let outcome = MonitorOutcome(text)
        #expect(outcome.problem == problem)
        #expect(outcome.isUnknownCommand == isUnknown)
    }
}

extension WatchdogDevice {
    fileprivate static let reset = WatchdogDevice(model: .i6300esb, action: .reset)
}
