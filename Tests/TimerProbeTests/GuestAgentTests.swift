// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WatchdogPolicy

@testable import Libvirt
@testable import TimerProbe

/// Reading timers by guest agents that answer, refuse, fail or do not answer.
struct GuestAgentTests {
    private typealias Watchdog = GuestFacts.Watchdog

    private static let ours = Watchdog(model: "i6300esb", alias: "ua-virt-watchdog")

    private func facts(
        _ watchdogs: [Watchdog] = [ours], root: String = "pci-root",
        agent: GuestFacts.AgentChannel = .connected
    ) -> GuestFacts {
        var facts = GuestFacts(
            name: "fake", arch: "x86_64", isLive: true,
            controllers: [GuestFacts.Controller(model: root, index: 0)], watchdogs: watchdogs)
        facts.agent = agent
        return facts
    }

    private func read(
        _ machine: FakeMachine, _ facts: GuestFacts, usesMonitor: Bool = false, runs: Bool = true
    ) -> TimerReader.Reading {
        FakeClock().reader().read(
            facts, of: machine,
            by: TimerReader.Sources(usesMonitor: usesMonitor, guestRuns: runs))
    }

    private func doubt(
        _ machine: FakeMachine, _ watchdogs: [Watchdog] = [ours]
    ) -> String {
        read(machine, facts(watchdogs)).timers.first?.doubt ?? "none"
    }

    @Test(arguments: [("active", TimerState.armed), ("inactive", .notArmed)])
    func `The kernel's state of the watchdog tells`(text: String, state: TimerState) {
        let machine = FakeMachine()
        machine.agent.show(0, "i6300ESB timer", text)
        let reading = read(machine, facts())
        #expect(reading == TimerReader.Reading(timers: [state], usedAgent: true))
        #expect(machine.commands.isEmpty, "the monitor is left alone")
        #expect(machine.agent.open.isEmpty, "each file is closed")
        #expect(
            Set(machine.agent.commands) == [
                "guest-file-open", "guest-file-read", "guest-file-close",
            ])
        #expect(machine.agent.paths.allSatisfy { $0.hasPrefix("/sys/class/watchdog/watchdog") })
    }

    @Test(
        arguments: [
            ("i6300esb", "i6300ESB timer"), ("itco", "iTCO_wdt"), ("ib700", "IB700 WDT"),
            ("diag288", "z Watchdog"),
        ])
    func `Each model is known by its driver's name`(model: String, identity: String) {
        let machine = FakeMachine()
        machine.agent.show(0, identity, "active")
        #expect(read(machine, facts([Watchdog(model: model)])).timers == [.armed])
    }

    @Test func `Of several watchdogs each device gets its own, whatever its number is`() {
        let machine = FakeMachine()
        let itco = Watchdog(model: "itco", alias: "watchdog0")
        machine.agent.show(0, "Software Watchdog", "active")
        machine.agent.show(1, "i6300ESB timer", "inactive")
        machine.agent.show(3, "iTCO_wdt", "active")
        machine.agent.show(4, "i6300ESB timer", "active")
        let reading = read(machine, facts([itco, Self.ours, Self.ours], root: "pcie-root"))
        #expect(reading.timers == [.armed, .notArmed, .armed])
        let fewer = read(machine, facts([Self.ours, Self.ours, Self.ours]))
        #expect(fewer.timers.map(\.name) == ["no", "yes", "unknown"])
    }

    @Test func `The monitor comes first, and the agent tells the rest`() {
        let machine = FakeMachine()
        machine.registers[0x68] = 2
        machine.agent.show(0, "i6300ESB timer", "inactive")
        let pcie = read(machine, facts(root: "pcie-root"), usesMonitor: true)
        #expect(pcie == TimerReader.Reading(timers: [.armed], usedMonitor: true))
        #expect(machine.agent.commands.isEmpty)
        let pc = read(machine, facts(), usesMonitor: true)
        #expect(
            pc == TimerReader.Reading(timers: [.notArmed], usedMonitor: true, usedAgent: true))
        machine.failures["xp"] = LibvirtError(
            code: .operationTimeout, message: "cannot acquire state change lock")
        let failing = read(machine, facts(root: "pcie-root"), usesMonitor: true)
        #expect(failing.timers == [.notArmed])
    }

    @Test(arguments: [("0", false), ("32", true), ("33", true), ("1", false), ("x", false)])
    func `The driver tells that its timer has reset the guest`(text: String, fired: Bool) {
        let machine = FakeMachine()
        machine.agent.show(0, "i6300ESB timer", "inactive", bootStatus: text)
        #expect(read(machine, facts()).showsFire == fired)
    }

    @Test(
        arguments: [
            "Command guest-file-open has been disabled: the command is not allowed",
            "Command guest-file-open has been disabled",
            "The command guest-file-open has been disabled for this instance",
            "The command guest-file-open has not been found",
        ])
    func `An agent that may read no files names the lines that allow it`(text: String) {
        let machine = FakeMachine()
        machine.agent.show(0, "i6300ESB timer", "active")
        machine.agent.failures["guest-file-open"] = FakeAgent.failure("guest-file-open", text)
        let doubt = doubt(machine)
        for word in [
            "/etc/sysconfig/qemu-ga", "FILTER_RPC_ARGS", "BLOCK_RPCS", "BLACKLIST_RPC",
            "guest-file-open,guest-file-read,guest-file-close",
        ] {
            #expect(doubt.contains(word), "\(doubt)")
        }
        #expect(machine.agent.commands == ["guest-file-open"])
    }

    @Test func `Frozen filesystems are told apart from a block`() {
        let machine = FakeMachine()
        machine.agent.failures["guest-file-open"] = FakeAgent.failure(
            "guest-file-open",
            "Command guest-file-open has been disabled: the agent is in frozen state")
        #expect(doubt(machine).contains("domfsthaw"))
    }

    @Test func `A kernel without states is named`() {
        let machine = FakeMachine()
        machine.agent.files["/sys/class/watchdog/watchdog0/uevent"] = ""
        #expect(doubt(machine).contains("CONFIG_WATCHDOG_SYSFS"))
    }

    @Test(arguments: ["i6300esb", "ib700", "diag288"])
    func `A kernel without the driver leaves the timer unknown`(model: String) {
        let machine = FakeMachine()
        #expect(doubt(machine, [Watchdog(model: model)]).contains(model))
        machine.agent.show(0, "Software Watchdog", "active")
        #expect(doubt(machine, [Watchdog(model: model)]).contains(model))
        #expect(machine.agent.open.isEmpty)
    }

    @Test(
        arguments: [
            ("guest-file-open", "nonsense"), ("guest-file-open", #"{"return":"one"}"#),
            ("guest-file-open", #"{"return":1e400}"#), ("guest-file-read", ""),
            ("guest-file-read", #"{"return":{}}"#),
            ("guest-file-read", #"{"return":{"count":3,"buf-b64":"?!*","eof":true}}"#),
            ("guest-file-read", #"{"return":{"count":1,"buf-b64":"/w==","eof":true}}"#),
        ])
    func `Answers that are none leave the timer unknown`(command: String, answer: String) {
        let machine = FakeMachine()
        machine.agent.show(0, "i6300ESB timer", "active")
        machine.agent.answers[command] = answer
        #expect(doubt(machine).contains("answer is invalid"))
        #expect(machine.agent.open.isEmpty || command == "guest-file-open")
    }

    @Test func `A state that the kernel does not know leaves the timer unknown`() {
        let machine = FakeMachine()
        machine.agent.show(0, "i6300ESB timer", "sometimes")
        #expect(doubt(machine).contains("answer is invalid"))
    }

    @Test(arguments: ["guest-file-read", "guest-file-close"])
    func `A file is closed also where reading it fails`(command: String) {
        let machine = FakeMachine()
        machine.agent.show(0, "i6300ESB timer", "active")
        machine.agent.failures[command] = FakeAgent.failure(command, "Input/output error")
        let reading = read(machine, facts())
        let opened = machine.agent.commands.count { $0 == "guest-file-open" }
        #expect(machine.agent.commands.count { $0 == "guest-file-close" } >= 1)
        if command == "guest-file-read" {
            #expect(reading.timers.first?.doubt?.contains("Input/output error") == true)
            #expect(opened == 1)
            #expect(machine.agent.open.isEmpty)
        } else {
            #expect(reading.timers == [.armed])
        }
    }

    @Test func `An agent that libvirt gives up is asked no more`() {
        let machine = FakeMachine()
        machine.agent.failures["guest-file-open"] = LibvirtError(
            code: .agentUnresponsive, message: "Guest agent is not responding")
        #expect(doubt(machine).contains("does not answer"))
        #expect(machine.agent.commands.count == 1)
    }

    @Test func `A slow agent is asked no more after three seconds, and its file is closed`() {
        let machine = FakeMachine()
        let clock = FakeClock()
        machine.agent.show(0, "i6300ESB timer", "active")
        machine.agent.pause = { _ in clock.advance(by: .seconds(1)) }
        let reading = clock.reader().read(
            facts(), of: machine, by: TimerReader.Sources(usesMonitor: false))
        #expect(reading.timers.first?.doubt?.contains("does not answer") == true)
        #expect(machine.agent.commands.count == 3)
        #expect(machine.agent.open.isEmpty)
    }

    @Test func `An agent that libvirt waits for is given up in time`() {
        let machine = FakeMachine()
        machine.agent.pause = { _ in usleep(3_000_000) }
        let start = ContinuousClock.now
        let reading = FakeClock().reader(agentTimeout: 1).read(
            facts(), of: machine, by: TimerReader.Sources(usesMonitor: false))
        #expect(ContinuousClock.now - start < .seconds(2.5))
        #expect(reading.timers.first?.doubt?.contains("does not answer") == true)
        #expect(reading.usedAgent)
    }

    @Test func `No agent is asked that cannot answer`() {
        let machine = FakeMachine()
        machine.agent.show(0, "i6300ESB timer", "active")
        let stopped = read(machine, facts(), runs: false)
        #expect(stopped.timers.first?.doubt?.contains("stopped") == true)
        let disconnected = read(machine, facts(agent: .disconnected))
        #expect(
            disconnected.timers.first?.doubt?.contains("start qemu-guest-agent in the guest")
                == true)
        let absent = read(machine, facts(agent: .absent))
        #expect(absent.timers.first?.doubt?.contains("add the channel") == true)
        #expect(![stopped, disconnected, absent].contains { $0.usedAgent })
        #expect(machine.agent.commands.isEmpty)
    }
}
