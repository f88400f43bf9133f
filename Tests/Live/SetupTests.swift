// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests {
    /// `virt-watchdog setup` beside daemons that start, hang, idle, or are a user's own.
    struct Setup {
        private static let hook = "/etc/libvirt/hooks/qemu"
        private static let record = "/run/virt-watchdog/reloaded"

        init() throws {
            try Lab.setPolicy("")
            try? FileManager.default.removeItem(atPath: Self.record)
        }

        private func setUp() throws -> Command.Outcome {
            try Command(Lab.tool, ["setup", "--no-service"]).run()
        }

        private var recordedProcess: pid_t? {
            (try? String(contentsOfFile: Self.record, encoding: .utf8))
                .flatMap { $0.split(separator: " ").first }.flatMap { pid_t($0) }
        }

        /// Brings the lab's own hook and daemon back.
        private func restore() {
            _ = try? setUp()
            _ = try? Lab.script(["restart-daemon"])
        }

        /// Makes a guest that starts with the daemon and whose QEMU keeps it from serving clients for
        /// some seconds from then on.
        private func makeSlowGuest() throws -> LabGuest {
            let (emulator, flag) = (Lab.folder.path + "/slow-qemu", Lab.folder.path + "/is-slow")
            let script =
                "#!/bin/sh\n[ ! -e '\(flag)' ] || sleep 6\nexec qemu-system-x86_64 \"$@\"\n"
            try Data(script.utf8).write(to: URL(filePath: emulator))
            try Lab.run("/bin/chmod", ["0755", emulator])
            let file = try LabGuest.definition("slow", [])
            let text = try String(contentsOf: file, encoding: .utf8).replacing(
                "<devices>", with: "<devices><emulator>\(emulator)</emulator>", maxReplacements: 1)
            let guest = try LabGuest("slow", .shutOff, definition: text)
            try guest.virsh("autostart", guest.name)
            try Lab.run("/bin/rm", ["-f", "/run/libvirt/qemu/autostarted"])
            try Data().write(to: URL(filePath: flag))
            return guest
        }

        @Test
        func `A daemon that still starts is waited for, and then finds its first hook`() throws {
            defer { restore() }
            let slow = try makeSlowGuest()
            try FileManager.default.removeItem(atPath: Self.hook)
            let before = try Lab.daemon()
            let restart = try Background(Command(Lab.script, ["restart-daemon"]))
            try Lab.wait(for: "the start of the slow guest") {
                guard let daemon = try? Lab.daemon(), daemon != before else { return false }
                return FileManager.default.fileExists(atPath: "/run/libvirt/qemu/\(slow.name).xml")
            }
            let start = ContinuousClock.now
            let outcome = try setUp()
            #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
            #expect(ContinuousClock.now - start > .seconds(2), "it did not start any more")
            #expect(outcome.text.contains("Reloading \(Lab.daemonName)"))
            #expect(try recordedProcess == Lab.daemon())
            #expect(restart.status() == 0)
            let guest = try LabGuest("starting-daemon")
            try guest.waits(forLog: "op=started", "plan=attach")
        }

        @Test
        func `A daemon that does not answer is a failure, with what to do, and is not recorded`()
            throws
        {
            try Lab.whileDaemonHangs {
                let start = ContinuousClock.now
                let outcome = try setUp()
                #expect(outcome.status == 1)
                #expect(ContinuousClock.now - start < .seconds(45))
                #expect(outcome.errorText.contains("did not answer within 30 seconds"))
                #expect(outcome.errorText.contains("virt-watchdog setup again"))
                #expect(recordedProcess == nil)
            }
            #expect(try setUp().status == 0)
            #expect(try recordedProcess == Lab.daemon())
        }

        @Test
        func `An idle daemon is started with its first hook in place`() throws {
            defer { restore() }
            try FileManager.default.removeItem(atPath: Self.hook)
            try LabOneShot.waitUntilNoneIsLeft()
            try Lab.script(["restart-daemon", "--on-demand", "--timeout", "2"])
            try Lab.wait(for: "the end of the idle daemon") { (try? Lab.daemon()) == nil }
            let before = try LabActivation.all().count
            let outcome = try setUp()
            #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
            #expect(outcome.text.contains("Starting \(Lab.daemonName), which is idle"))
            #expect(outcome.text.contains("started with the hook in place"))
            #expect(try LabActivation.all().count == before + 1)
            try Lab.run(Lab.tool, ["verify", "--machine", "pc"])
        }

        @Test
        func `A stale pid file that names another process leads to no signal`() throws {
            try Lab.script(["stop-daemon"])
            defer { _ = try? Lab.script(["start-daemon"]) }
            let sleep = Process()
            sleep.executableURL = URL(filePath: "/bin/sleep")
            sleep.arguments = ["300"]
            try sleep.run()
            defer { kill(sleep.processIdentifier, SIGKILL) }
            let file = "/run/\(Lab.daemonName).pid"
            try "\(sleep.processIdentifier)\n".write(
                toFile: file, atomically: false, encoding: .utf8)
            let outcome = try setUp()
            try FileManager.default.removeItem(atPath: file)
            #expect(outcome.status == 0, "\(outcome.errorText)")
            #expect(outcome.text.contains("No libvirt daemon runs"))
            #expect(sleep.isRunning)
            #expect(recordedProcess == nil)
        }

        @Test
        func `A user's own daemon is advised of, and only the system's is reloaded`() throws {
            let user = LabHost.user
            try user.virsh(["--connect", "qemu:///session", "list"])
            let outcome = try setUp()
            #expect(outcome.status == 0)
            let advice = try #require(
                outcome.text.firstMatch(
                    of: /process (\d+)\) is the user \d+'s own: .* after kill -HUP (\d+),/))
            #expect(advice.1 == advice.2)
            #expect(pid_t(advice.1) != (try Lab.daemon()))
            #expect(try recordedProcess == Lab.daemon())
        }
    }
}
