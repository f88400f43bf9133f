import Foundation
import HostSystem
import TestSupport
import Testing
import WatchdogPolicy

@testable import Protector
@testable import virt_watchdog

/// What commands read of the service.
struct ServiceStateTests {
    private static let state = ServiceState(
        Report(
            isConnected: true, running: 3, treated: 1,
            waiting: [
                Report.Entry(uuid: "a", name: "web", reason: ""),
                Report.Entry(uuid: "b", name: "db", reason: ""),
            ],
            notAnswering: [Report.Entry(uuid: "c", name: "old", reason: "it hangs")], failed: [],
            stuckCalls: 1))

    @Test func `Only a service that holds its lock has a state`() throws {
        let folder = try TemporaryFolder()
        try Self.state.write(in: folder.url.path)
        #expect(ServiceState.ofRunning(in: folder.url.path) == nil)
        let file = try ServiceFile(in: folder.url.path)
        #expect(ServiceState.ofRunning(in: folder.url.path) == Self.state)
        file.unlock()
        #expect(ServiceState.ofRunning(in: folder.url.path) == nil)
    }

    @Test(arguments: ["", "{", "[]", #"{"version":"1"}"#])
    func `A state that cannot be read is none`(_ text: String) throws {
        let folder = try TemporaryFolder()
        let file = try ServiceFile(in: folder.url.path)
        defer { file.unlock() }
        _ = try folder.write("state", text)
        #expect(ServiceState.ofRunning(in: folder.url.path) == nil)
    }

    @Test func `The plan tells which guests wait for apply and which for the queue`() {
        func row(_ uuid: String, _ running: Policy.Running) -> GuestRow {
            let facts = GuestFacts(name: "guest", uuid: uuid, isLive: true)
            var row = GuestRow(facts, Plan(.leave(.excluded)))
            row.add(Self.state, under: Policy(running: running))
            return row
        }
        #expect(row("b", .new).waitsForApply == true)
        #expect(row("b", .new).queue == nil)
        #expect(row("b", .new).reason.contains("waits for virt-watchdog apply"))
        #expect(row("b", .all).queue == 2)
        #expect(row("b", .all).waitsForApply == nil)
        #expect(row("c", .all).queue == nil)
        #expect(row("c", .new).waitsForApply == nil)
    }

    @Test func `The line on the service names what needs the operator`() {
        #expect(
            ServiceAnswer(Self.state).line(under: .new)
                == "Service: connected, 1 treated, 2 waiting for virt-watchdog apply, 1 not answering."
        )
        #expect(ServiceAnswer(Self.state).line(under: .all).contains("2 in its queue"))
        #expect(Self.state.summary == "connected, 3 guests run, 1 treated, 2 wait, 1 do not answer")
    }
}
