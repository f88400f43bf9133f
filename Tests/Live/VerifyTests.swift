// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests {
    /// The proof that an operator can have on their own host.
    struct Verify {
        private static let hook = "/etc/libvirt/hooks/qemu"

        init() throws {
            try Lab.setPolicy("")
        }

        private struct Answer: Decodable {
            struct Machine: Decodable {
                struct Step: Decodable {
                    var step: String
                    var ok: Bool
                    var seconds: Double
                    var message: String
                    var remedy: String?
                }

                var machine: String
                var ok: Bool
                var steps: [Step]
            }

            var ok: Bool
            var conclusion: String
            var machines: [Machine]
        }

        private func verify(_ options: String...) throws -> (status: Int32, answer: Answer) {
            let outcome = try Command(Lab.tool, ["verify", "--json"] + options).run()
            #expect(try Schema.complaint(about: outcome.output, form: "verify") == nil)
            expectNothingLeft()
            return (outcome.status, try JSONDecoder().decode(Answer.self, from: outcome.output))
        }

        private func expectNothingLeft(at location: SourceLocation = #_sourceLocation) {
            let guests = try? Lab.virsh("list", "--all", "--name")
            #expect(guests?.contains("virt-watchdog-verify") == false, sourceLocation: location)
            let files = try? FileManager.default.contentsOfDirectory(atPath: "/run")
            #expect(
                files?.contains { $0.contains("virt-watchdog-verify") } == false,
                sourceLocation: location)
        }

        @Test func `verify sees a guest hang and be reset, on both machines`() throws {
            let events = try LabEvents()
            let (status, answer) = try verify()
            #expect(status == 0)
            #expect(answer.ok)
            #expect(answer.machines.map(\.machine) == ["pc", "q35"])
            for machine in answer.machines {
                #expect(
                    machine.steps.map(\.step) == [
                        "started", "attached", "armed", "fired", "effect",
                    ])
                #expect(machine.steps.allSatisfy { $0.ok })
                let times = machine.steps.map(\.seconds)
                #expect(times == times.sorted())
                #expect(times[3] - times[2] > 1, "the timer is set to two seconds")
            }
            // libvirt itself tells the same.
            let fired = try events.lines().filter {
                $0.contains("virt-watchdog-verify-") && $0.contains("'watchdog'")
                    && $0.contains("reset")
            }
            #expect(fired.count >= 2)
        }

        @Test func `The last line of verify's text is the plain result`() throws {
            let outcome = try Command(Lab.tool, ["verify", "--machine", "pc"]).run()
            #expect(outcome.status == 0)
            let lines = outcome.text.split(separator: "\n")
            #expect(lines.count == 7)
            #expect(lines.last?.hasPrefix("It works: ") == true)
        }

        @Test(arguments: ["pause", "poweroff"])
        func `verify proves each action of the policy`(_ action: String) throws {
            try Lab.setPolicy("vm.watchdog.action=\(action)\n")
            // On q35, libvirt 9.1 and later add an iTCO whose action all watchdogs share.
            let (status, answer) = try verify("--machine", "pc")
            #expect(status == 0)
            #expect(answer.conclusion.contains(action == "pause" ? "paused" : "off"))
        }

        @Test func `Without the hook, verify names the missing installation and the fix`() throws {
            try Lab.run("/bin/mv", [Self.hook, Self.hook + "-away"])
            defer { _ = try? Command("/bin/mv", [Self.hook + "-away", Self.hook]).run() }
            let (status, answer) = try verify("--keep-going")
            #expect(status == 1)
            #expect(answer.machines.map(\.machine) == ["pc", "q35"])
            let last = try #require(answer.machines.first?.steps.last)
            #expect((last.step, last.ok) == ("attached", false))
            #expect(last.message.contains("our hook is not at"))
            #expect(last.remedy?.contains("install.sh") == true)
        }

        @Test func `verify reports a hook that may not be executed`() throws {
            try Lab.run("/bin/chmod", ["-x", Self.hook])
            defer { _ = try? Command("/bin/chmod", ["0755", Self.hook]).run() }
            let (status, answer) = try verify()
            #expect(status == 1)
            #expect(
                answer.machines.count == 1, "without --keep-going the first failure is the last")
            let last = try #require(answer.machines.first?.steps.last)
            #expect(last.message.contains("execut"))
            #expect(last.remedy?.contains("chmod") == true)
        }

        @Test
        func `With its guest excluded by policy, verify names the setting to change`() throws {
            try Lab.setPolicy("vm.watchdog.include=i-*-VM\n")
            let (status, answer) = try verify("--machine", "q35")
            #expect(status == 1)
            let last = try #require(answer.machines.first?.steps.last)
            #expect(last.message.contains("does not cover"))
            #expect(last.remedy?.contains("virt-watchdog-verify-*") == true)
        }

        @Test(arguments: [(SIGINT, 0.3), (SIGTERM, 1.0), (SIGHUP, 2.0)])
        func `An interrupted verify removes its guest, and ends by the signal`(
            signal: Int32, after seconds: Double
        ) throws {
            // Tests run with SIGTERM blocked, and so would the tool.
            let kill =
                "\(Lab.tool) verify --machine pc & p=$!; sleep \(seconds); kill -\(signal) $p; wait $p"
            let outcome = try Command(
                "/usr/bin/env", ["--default-signal", "--block-signal=", "sh", "-c", kill]
            ).run()
            #expect(outcome.status == 128 + signal)
            #expect(outcome.text.contains("Interrupted"))
            expectNothingLeft()
        }

        @Test
        func
            `verify reports that libvirtd was killed, and removes its guest once libvirtd is back`()
            throws
        {
            let output = Lab.folder.appending(path: "verify-orphaned").path
            let lab = Repository.root.appending(path: "Tests/Live/lab/lab").path
            let kill =
                "\(Lab.tool) verify --machine pc >\(output) & p=$!;"
                + " until grep -q attached \(output); do sleep 0.1; done;"
                + " '\(lab)' restart-libvirtd --kill; wait $p"
            let outcome = try Command("/bin/sh", ["-c", kill]).run()
            #expect(outcome.status == 1)
            let text = try String(contentsOfFile: output, encoding: .utf8)
            #expect(text.contains("the connection to libvirt was lost"))
            expectNothingLeft()
        }

        @Test func `A killed verify leaves nothing behind`() throws {
            let output = Lab.folder.appending(path: "verify-killed").path
            let kill =
                "\(Lab.tool) verify --machine pc >\(output) & p=$!;"
                + " until grep -q attached \(output); do sleep 0.1; done; kill -9 $p; wait $p"
            _ = try Command("/bin/sh", ["-c", kill]).run()
            try Lab.wait(for: "libvirt to remove the guest") {
                try !Lab.virsh("list", "--all", "--name").contains("virt-watchdog-verify")
            }
            expectNothingLeft()
        }
    }
}
