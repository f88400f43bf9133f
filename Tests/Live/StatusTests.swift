// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests {
    /// Which guests would be reset, seen from outside.
    struct Status {
        init() throws {
            try Lab.setPolicy("")
        }

        /// What `status --json` says of a guest.
        private func row(of name: String, _ options: String...) throws -> LabStatus.Guest {
            try #require(LabStatus(options + [name]).guests.first)
        }

        /// Waits until libvirt knows that the agent listens, if the guest has one.
        private func waitForAgent(of guest: LabGuest) throws {
            try Lab.wait(for: "the agent of \(guest.name)") {
                try !guest.definition().contains("org.qemu.guest_agent.0' state='disconnected'")
            }
        }

        @Test(arguments: ["pc", "q35"])
        func `ARMED follows the guest's timer before it starts, while it runs, and after a reset`(
            machine: String
        ) throws {
            let events = try LabEvents()
            let guest = try LabGuest(
                "armed-\(machine)",
                options: ["--machine", machine, "--append", "lab.arm=5"]
                    + (machine == "pc" ? ["--agent", "answers"] : []), hangsAfter: 5)
            try guest.waits(forLog: "op=protect", "result=attached")
            // In the firmware it may be unknown, but it is never a yes.
            #expect(try row(of: guest.name).armed != "yes")

            try guest.waits(forLine: "LAB found")
            try waitForAgent(of: guest)
            let before = try row(of: guest.name)
            #expect(before.armed == "no")
            #expect(before.verdict == "not armed")

            try guest.waits(forLine: "LAB armed i6300ESB")
            let during = try row(of: guest.name)
            #expect(during.armed == "yes")
            #expect(during.verdict == "protected")
            #expect(try guest.boots().count == 1)

            try events.waits(for: "watchdog", "reset", of: guest)
            try guest.waits(forLine: "LAB found", inBoot: 2)
            try waitForAgent(of: guest)
            #expect(try row(of: guest.name).armed == "no")
            try guest.waits(forLine: "LAB armed i6300ESB", inBoot: 2)
            #expect(try row(of: guest.name).armed == "yes")
            #expect(try guest.state() == "running")
        }

        @Test func `A q35 guest is read without being stopped`() throws {
            let events = try LabEvents()
            let guest = try LabGuest("pure-read", options: ["--machine", "q35"])
            try guest.waits(forLine: "LAB armed i6300ESB")
            let read = try row(of: guest.name)
            #expect(read.armed == "yes")
            try Lab.virsh("suspend", guest.name)
            try events.waits(for: "Suspended", of: guest)
            let stops = try events.lines().filter {
                $0.contains("'pure-read'") && $0.contains("Suspended")
            }
            #expect(stops.count == 1, "the one of virsh")
        }

        @Test func `Twelve guests show each verdict of status`() throws {
            let folder = try TemporaryFolder()
            let optedOut = try folder.write(
                "metadata", "<w:policy xmlns:w='urn:virt-watchdog:policy:1' enabled='no'/>")
            func device(_ model: String, _ action: String) throws -> String {
                try folder.write(
                    "\(model)-\(action)", "<watchdog model='\(model)' action='\(action)'/>"
                ).path
            }
            func guest(
                _ name: String, _ birth: LabGuest.Birth = .definedPaused, _ options: String...
            ) throws -> LabGuest {
                try LabGuest("t-" + name, birth, options: ["--memory", "64"] + options)
            }

            var guests = [
                try guest("armed", .defined, "--machine", "q35", "--memory", "128"),
                try guest(
                    "idle", .defined, "--machine", "q35", "--memory", "128", "--append",
                    "lab.arm=600"),
                try guest("x-excluded", .created),
                try guest("opted-out", .createdPaused, "--metadata", optedOut.path),
                try guest("none", .createdPaused, "--extra-devices", device("i6300esb", "none")),
                try guest("kept", .createdPaused, "--extra-devices", device("i6300esb", "pause")),
                try guest("conflict"),
                try guest("off", .shutOff),
                try guest(
                    "off-none", .shutOff, "--extra-devices", device("i6300esb", "none")),
                try guest("transient", .createdPaused),
            ]
            let full = try folder.write("controllers", LiveTests.Plans.fullQ35)
            guests.append(
                try guest("no-room", .createdPaused, "--machine", "q35", "--controllers", full.path)
            )
            // Neither a persistent device nor the one in the running guest may be ours here.
            try Lab.setPolicy("vm.watchdog.exclude=t-x-*,t-pending\n")
            let pending = try guest("pending")
            guests.append(pending)
            try Lab.virsh("attach-device", pending.name, device("ib700", "reset"), "--config")
            try guests[6].waits(forLog: "op=protect", "result=attached")
            try Lab.virsh(
                "attach-device", guests[6].name, device("i6300esb", "poweroff"), "--config")
            try guests[9].waits(forLog: "op=protect", "result=attached")
            try guests[0].waits(forLine: "LAB armed")
            try guests[1].waits(forLine: "LAB found")
            try Lab.setPolicy("vm.watchdog.exclude=t-x-*\n")

            let outcome = try Command(Lab.tool, ["status", "--all", "--json"]).run()
            #expect(outcome.status == 1)
            #expect(try Schema.complaint(about: outcome.output, form: "status") == nil)
            let status = try JSONDecoder().decode(LabStatus.self, from: outcome.output)
            let verdicts = Dictionary(
                uniqueKeysWithValues: status.guests.map { ($0.name, $0.verdict) })
            #expect(
                verdicts == [
                    "t-armed": "protected", "t-idle": "not armed",
                    "t-x-excluded": "excluded, still acts",
                    "t-opted-out": "excluded", "t-none": "unprotected", "t-kept": "paused",
                    "t-conflict": "conflict", "t-off": "protected at start",
                    "t-off-none": "unprotected", "t-transient": "paused",
                    "t-no-room": "unprotected",
                    "t-pending": "pending cold boot",
                ])
            let ranks = [
                "unprotected", "conflict", "excluded, still acts", "not armed", "pending cold boot",
                "paused", "protected",
                "protected at start", "excluded",
            ]
            let order = status.guests.compactMap { ranks.firstIndex(of: $0.verdict) }
            #expect(order == order.sorted(), "trouble comes first")
            #expect(
                status.summary == [
                    "unprotected": 3, "conflict": 1, "notArmed": 1, "pendingColdBoot": 1,
                    "paused": 2, "protected": 1, "protectedAtStart": 1, "excluded": 1,
                    "excludedStillActs": 1, "unknown": 0, "crashed": 0, "fired": 0, "halted": 0,
                ])

            func found(_ name: String) throws -> LabStatus.Guest {
                try #require(status.guests.first { $0.name == name })
            }
            #expect(try found("t-armed").watchdogs?.map(\.origin).contains("owned") == true)
            #expect(try found("t-none").watchdogs?.map(\.origin) == ["defined"])
            #expect(try found("t-conflict").nextBoot?.source == "definition")
            #expect(try found("t-conflict").nextBoot?.action == "poweroff")
            #expect(try found("t-pending").nextBoot?.model == "ib700")
            #expect(try found("t-off").nextBoot?.source == "hook")
            #expect(try found("t-off").state == "shut off")
            #expect(try found("t-transient").nextBoot?.source == "transient")
            #expect(try found("t-transient").state == "paused")
            #expect(try found("t-no-room").reason.contains("no empty pcie-root-port"))

            let table = try Command(Lab.tool, ["status", "--all"]).run()
            #expect(table.status == 1)
            #expect(!table.text.contains("\u{1b}"), "colour is for terminals")
            let lines = table.text.split(separator: "\n")
            #expect(lines.count { $0.hasPrefix("t-") } == 12, "a row for each guest")
            let summary =
                "12 guests: 3 unprotected; 1 conflict; 1 excluded, still acts; 1 not armed;"
                + " 1 pending cold boot; 2 paused; 1 protected; 1 protected at start; 1 excluded."
            #expect(lines.contains { $0 == summary })
            #expect(lines.last?.hasPrefix("Service: ") == true)

            let fine = try Command(Lab.tool, ["status", "t-armed", "t-opted-out", "t-off"]).run()
            #expect(fine.status == 0)
            try Lab.setPolicy("vm.watchdog.exclude=t-*\n")
            let acting = try Command(Lab.tool, ["status", "t-armed"]).run()
            try Lab.setPolicy("vm.watchdog.exclude=t-x-*\n")
            #expect(acting.status == 1)
            #expect(acting.text.contains("excluded, still acts"))
            #expect(acting.text.contains("run virt-watchdog remove t-armed"))
            let missing = try Command(Lab.tool, ["status", "t-armed", "missing"]).run()
            #expect(missing.status == 4)
            #expect(missing.text.contains("unknown"))
            let inactive = try LabStatus(["--inactive"]).guests.map(\.name).sorted()
            #expect(inactive == ["t-off", "t-off-none"])
            #expect(try LabStatus([]).guests.count == 10)
        }

        @Test func `A guest that is shut off is promised nothing without the hook`() throws {
            let guest = try LabGuest("not-hooked", .shutOff)
            #expect(try row(of: guest.name).verdict == "protected at start")
            let hook = "/etc/libvirt/hooks/qemu"
            try Lab.run("/bin/mv", [hook, hook + "-away"])
            defer { _ = try? Command("/bin/mv", [hook + "-away", hook]).run() }
            let unhooked = try row(of: guest.name)
            #expect(unhooked.verdict == "unprotected")
            #expect(unhooked.nextBoot?.source == "nothing")
        }

        @Test
        func `A guest whose QEMU hangs delays no other guest, and is not reported as armed`() throws
        {
            let guest = try LabGuest("hanging", options: ["--machine", "q35"])
            let well = try LabGuest("well", options: ["--machine", "q35"])
            try guest.waits(forLine: "LAB armed i6300ESB")
            try well.waits(forLine: "LAB armed i6300ESB")
            let process = try #require(pid_t(guest.process()))
            try #require(kill(process, SIGSTOP) == 0)
            defer { kill(process, SIGCONT) }
            for _ in 1...2 {
                let status = try LabStatus([])
                let found = try #require(status.guests.first { $0.name == "hanging" })
                #expect(found.armed == "unknown", "\(found.reason)")
                #expect(found.verdict == "unknown")
                #expect(found.reason.contains("a signal has stopped its QEMU process \(process)"))
                #expect(try Command(Lab.tool, ["status"]).run().status == 2)
                #expect(try Command(Lab.tool, ["status", "--accept-unknown"]).run().status == 2)
                #expect(try Command(Lab.tool, ["status", "well"]).run().status == 0)
                let other = try #require(status.guests.first { $0.name == "well" })
                #expect(other.armed == "yes", "\(other.reason)")
            }
        }

        @Test func `A daemon that hangs is waited for only so long, and is reported`() throws {
            try Lab.whileDaemonHangs {
                let outcome = try Command(Lab.tool, ["status"]).run()
                #expect(outcome.status == 2)
                #expect(outcome.output.isEmpty)
                #expect(outcome.errorText.contains("no answer within 30 seconds"))
            }
        }

        @Test
        func `200 guests take at most a tenth of the time of a loop over virsh dumpxml`() throws {
            let names = (1...200).map { "many-\($0)" }
            let definition = try String(
                contentsOf: LabGuest.definition("many-0", []), encoding: .utf8)
            let folder = try TemporaryFolder()
            for name in names {
                let text = definition.replacingOccurrences(of: "many-0", with: name)
                try folder.write("\(name).xml", text)
            }
            let files = folder.url.path
            try Lab.run(
                "/bin/sh",
                ["-c", "for f in \(files)/*.xml; do echo define $f; done | virsh >/dev/null"])
            defer {
                let each =
                    "for i in $(virsh list --all --name | grep ^many-); do echo undefine $i; done"
                _ = try? Command("/bin/sh", ["-c", each + " | virsh"]).run()
            }
            func time(_ path: String, _ arguments: [String]) throws -> Duration {
                let start = ContinuousClock.now
                let outcome = try Command(path, arguments).run()
                #expect(outcome.status == 0, "\(outcome.errorText)")
                return ContinuousClock.now - start
            }
            let loop = "for i in $(seq 200); do virsh dumpxml many-$i >/dev/null || exit 1; done"
            let virsh = try time("/bin/sh", ["-c", loop])
            let ours = try (1...3).map { _ in try time(Lab.tool, ["status", "--inactive"]) }
            let status = try LabStatus(["--inactive"])
            #expect(status.guests.count == 200)
            let best = try #require(ours.min())
            print("status of 200 guests / loop over virsh: \(best / virsh)")
            #expect(best * 10 <= virsh)
        }
    }
}

/// What `status --json` prints.
struct LabStatus: Decodable {
    struct Guest: Decodable {
        struct Watchdog: Decodable {
            var model: String
            var action: String
            var origin: String
            var armed: String?
            var doubt: String?
        }

        struct NextBoot: Decodable {
            var source: String
            var model: String?
            var action: String?
        }

        var name: String
        struct Fired: Decodable {
            var time: String?
            var action: String?
        }

        var state: String?
        var stateReason: String?
        var fired: Fired?
        var watchdogs: [Watchdog]?
        var armed: String?
        var nextBoot: NextBoot?
        var verdict: String
        var reason: String
        var usedMonitor: Bool?
        var usedAgent: Bool?
        var showsFire: Bool?
    }

    var guests: [Guest]
    var summary: [String: Int]

    /// Runs `status`, whatever its exit status is.
    init(_ arguments: [String]) throws {
        let outcome = try Command(Lab.tool, ["status", "--json"] + arguments).run()
        self = try JSONDecoder().decode(LabStatus.self, from: outcome.output)
    }
}
