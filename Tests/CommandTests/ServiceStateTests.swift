// SPDX-License-Identifier: Apache-2.0

import Foundation
import Host
import System
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
                Report.Entry(uuid: "a", name: "web", reason: nil),
                Report.Entry(uuid: "b", name: "db", reason: nil),
            ],
            notAnswering: [Report.Entry(uuid: "c", name: "old", reason: "it hangs")], failed: []))

    @Test func `Only a service that holds its lock has a state`() throws {
        let folder = try TemporaryFolder()
        try Self.state.write(in: folder.url.path)
        #expect(ServicePresence(in: folder.url.path) == .absent)
        let file = try ServiceFile(in: folder.url.path)
        #expect(ServicePresence(in: folder.url.path) == .present(Self.state))
        file.unlock()
        #expect(ServicePresence(in: folder.url.path) == .absent)
    }

    @Test(arguments: ["", "{", "[]", #"{"version":"1"}"#, nil])
    func `A state that cannot be read is reported`(_ text: String?) throws {
        let folder = try TemporaryFolder()
        let file = try ServiceFile(in: folder.url.path)
        defer { file.unlock() }
        if let text { _ = try folder.write("state", text) }
        let presence = ServicePresence(in: folder.url.path)
        #expect(presence.state == nil)
        let line = presence.line(under: .new)
        #expect(line.hasPrefix("Service: running; cannot read \(folder.url.path)/state: "))
        #expect(ServiceAnswer(presence)?.problem?.isEmpty == false)
    }

    @Test func `A state of an earlier process is stale`() throws {
        let folder = try TemporaryFolder()
        try Self.state.write(in: folder.url.path)
        let file = try ServiceFile(in: folder.url.path)
        defer { file.unlock() }
        try file.write("version=1\npid=\(Self.state.process)\ndaemon=none\n")
        #expect(ServicePresence(in: folder.url.path) == .present(Self.state))
        try file.write("version=1\npid=\(Self.state.process + 1)\ndaemon=none\n")
        guard case .unreadable(let reason) = ServicePresence(in: folder.url.path) else {
            Issue.record("a stale state is believed")
            return
        }
        #expect(reason.contains("is stale"))
    }

    @Test func `A state that an earlier version wrote can be read`() throws {
        let text =
            #"{"failed":[],"isConnected":true,"notAnswering":[],"process":7,"running":1,"treated":2,"#
            + #""version":"0.9","waiting":[{"name":"web","uuid":"a"}]}"#
        let state = try JSONDecoder().decode(ServiceState.self, from: Data(text.utf8))
        #expect(state.report.waiting == [Report.Entry(uuid: "a", name: "web", reason: nil)])
        #expect(
            ServicePresence.present(state).line(under: .new)
                == "Service: running, version 0.9, connected, 2 treated, 1 waiting for virt-watchdog"
                + " apply, 0 not answering; this tool is version \(Paths.version); run systemctl"
                + " restart virt-watchdogd.")
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
        #expect(row("b", .new).why.explanation.contains("waits for virt-watchdog apply"))
        #expect(row("b", .all).queue == 2)
        #expect(row("b", .all).waitsForApply == nil)
        #expect(row("c", .all).queue == nil)
        #expect(row("c", .new).waitsForApply == nil)
    }

    @Test func `The line on the service names what needs the operator`() {
        let presence = ServicePresence.present(Self.state)
        #expect(
            presence.line(under: .new)
                == "Service: running, version \(Paths.version), connected, 1 treated, 2 waiting for"
                + " virt-watchdog apply, 1 not answering.")
        #expect(presence.line(under: .all).contains("2 waiting for their turn"))
        #expect(Self.state.summary == "connected, 3 guests run, 1 treated, 2 wait, 1 do not answer")
        #expect(ServicePresence.absent.line(under: .new).hasPrefix("Service: not running; "))
        #expect(ServiceAnswer(.absent) == nil)
    }

    @Test func `doctor tells how the service is, and what to do`() throws {
        let host = try FakeHost()
        func finding(_ change: (inout Report) -> Void = { _ in }) throws -> String {
            var state = Self.state
            state.report.waiting = []
            state.report.notAnswering = []
            change(&state.report)
            try host.makeFolder("run/libvirt/virt-watchdog")
            try state.write(in: host.path("run/libvirt/virt-watchdog"))
            return ServiceCheck.finding(on: host.host, under: .new).line
        }
        #expect(
            try finding().hasPrefix("warn the service does not run: the hook starts a one-shot"))
        #expect(try finding().contains("let the init system run /usr/sbin/virt-watchdogd as root"))
        try host.makeFolder("run/systemd/system")
        #expect(try finding().hasSuffix("no systemd unit is installed"))
        try host.write("usr/lib/systemd/system/virt-watchdogd.service", "")
        #expect(try finding().hasSuffix("-> sudo systemctl enable --now virt-watchdogd"))
        let file = try ServiceFile(in: host.path("run/libvirt/virt-watchdog"))
        defer { file.unlock() }
        #expect(try finding().hasPrefix("ok the service runs: version "))
        #expect(try finding { $0.isConnected = false }.contains("not connected to libvirt"))
        #expect(try finding { $0.waiting = Self.state.report.waiting }.contains("apply --all"))
        let silent = try finding { $0.notAnswering = Self.state.report.notAnswering }
        #expect(silent.contains("'old' -> end or resume"))
        let failed = try finding { $0.failed = Self.state.report.notAnswering }
        #expect(failed.contains("1 failed: 'old' -> run virt-watchdog apply"))
        try host.write("run/libvirt/virt-watchdog/state", "{")
        #expect(ServiceCheck.finding(on: host.host, under: .new).level == .warn)
    }
}
