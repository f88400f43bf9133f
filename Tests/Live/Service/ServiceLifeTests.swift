// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests.Service {
    /// The service as a process: its start, its end and its cost.
    struct Life {
        private let hook: LabHookAway

        init() throws {
            try Lab.setPolicy("")
            hook = try LabHookAway()
        }

        @Test
        func `SIGTERM ends the service in two seconds, with stuck calls and a stopped daemon`()
            throws
        {
            let earlier = try LabService()
            try earlier.end()
            let guests = try LabHerd("stuck", 4)
            let debugger = try LabDebugger(holding: guests)
            defer { debugger.letGo() }
            let service = try LabService()
            try Lab.wait(10, for: "stuck calls") { try guests.stuckCalls() >= 3 }
            try service.end()

            try service.startAgain()
            try Lab.whileDaemonHangs {
                try service.end()
                // Now it cannot connect.
                try service.startAgain(isConnected: false)
                sleep(1)
                try service.end()
            }
        }

        @Test
        func `A second service says that another one holds the lock, and exits with 1`() throws {
            let first = try LabService()
            let second = try LabService(isConnected: false)
            let outcome = try second.ends(within: .seconds(5))
            #expect(outcome.status == 1)
            #expect(outcome.errorText.contains("another virt-watchdogd holds the lock"))
            #expect(try first.state()?.isConnected == true)
            try first.end()
        }

        @Test
        func `SIGHUP reads the policy again, also where no event tells of the change`() throws {
            let service = try LabService()
            let other = Lab.folder.appending(path: "other.properties")
            try Data("vm.watchdog.action=poweroff\n".utf8).write(to: other)
            // The kernel tells a watch of files nothing of a mount.
            try Lab.run("/bin/mount", ["--bind", other.path, Lab.properties.path])
            defer { _ = try? Command("/bin/umount", [Lab.properties.path]).run() }
            let before = try guest("before-hup")
            try before.virsh("start", before.name)
            try before.waitsUntilProtected(10)
            #expect(try before.watchdogs().map(\.action) == ["reset"])
            service.send(SIGHUP)
            try service.waits(for: "the running guest differs from the policy") {
                $0.waiting.map(\.name) == [before.name]
            }
            let after = try guest("after-hup", 1)
            try after.virsh("start", after.name)
            try after.waitsUntilProtected(10)
            #expect(try after.watchdogs().map(\.action) == ["poweroff"])
            try service.end()
        }

        @Test(arguments: ["stopped", "killed"])
        func `The service is ready without a daemon, starts none, and follows a daemon that starts`(
            daemon: String
        ) throws {
            // Killed, it leaves its socket and its pid file.
            if daemon == "killed" {
                try LiveTests.Faults.Daemon.killDaemon()
            } else {
                try Lab.script(["stop-daemon"])
            }
            defer { startDaemonIfItIsGone() }
            // Other hosts of the lab have daemons of their own.
            let others = Self.daemons()
            let manager = try LogSocket(at: "\0virt-watchdog-test-\(getpid())-\(daemon)")
            let service = try LabService(
                environment: ["NOTIFY_SOCKET": "@virt-watchdog-test-\(getpid())-\(daemon)"],
                isConnected: false)
            var said: [String] = []
            try Lab.wait(5, for: "READY=1") {
                said += manager.takeLines()
                return said.contains("READY=1")
            }
            sleep(2)
            said += manager.takeLines()
            #expect(Self.daemons() == others)
            #expect(RunningCommand.processes(inGroup: service.id) == [service.id])
            #expect(try service.state()?.isConnected == false)

            try Lab.script(["start-daemon"])
            try service.waits(for: "connected") {
                // A manager that reads nothing holds the service up.
                said += manager.takeLines()
                return $0.isConnected
            }
            let guest = try guest("follows-\(daemon)")
            try guest.virsh("start", guest.name)
            try guest.waitsUntilProtected(10)
            said += manager.takeLines()
            try service.end()
            said += manager.takeLines()
            #expect(said.contains("STOPPING=1"))
        }

        /// Returns the process IDs of libvirt's daemons for QEMU.
        private static func daemons() -> [pid_t] {
            RunningCommand.processes { id in
                let name = try? String(contentsOfFile: "/proc/\(id)/comm", encoding: .utf8)
                return name == "libvirtd\n" || name == "virtqemud\n"
            }
        }

        @Test
        func `Beside 100 guests the service takes little memory, and no processor time at rest`()
            throws
        {
            let service = try LabService()
            // Guests that need no processor.
            let guests = try LabHerd("many", 100, .paused)
            try guests.waitsUntilProtected(60)
            try service.waits(for: "100 guests run") { $0.running == 100 }
            // A sweep is no rest.
            sleep(2)
            let ticks = try ticks(of: service)
            sleep(20)
            let used = try self.ticks(of: service) - ticks
            let resident = try kilobytes("VmRSS", of: service)
            let anonymous = try kilobytes("RssAnon", of: service)
            say(
                "beside \(guests.names.count) guests: \(resident) kB resident, \(anonymous) kB of them"
                    + " anonymous; \(used) ticks of processor time in 20 s at rest")
            #expect(resident < 32_000)
            #expect(used <= 1)
            try service.end()
        }

        private func kilobytes(_ name: String, of service: LabService) throws -> Int {
            let text = try String(contentsOfFile: "/proc/\(service.id)/status", encoding: .utf8)
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + ":") })
            return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1]))
        }

        /// Returns the processor time that the service has used, in ticks of the kernel.
        private func ticks(of service: LabService) throws -> Int {
            let text = try String(contentsOfFile: "/proc/\(service.id)/stat", encoding: .utf8)
            let fields = try #require(text.split(separator: ")").last).split(separator: " ")
            return try #require(Int(fields[11])) + #require(Int(fields[12]))
        }
    }

    /// A daemon that starts when a client connects, and ends when no client and no guest needs it.
    @Suite(
        .enabled(
            if: Lab.daemonName == "virtqemud",
            "needs virtqemud, which systemd starts on demand: run sudo ./Tests/run modular"))
    struct OnDemand {
        /// The daemon's `--timeout`, in seconds.
        private static let timeout = 10
        private let hook: LabHookAway

        init() throws {
            try Lab.setPolicy("")
            hook = try LabHookAway()
        }

        @Test
        func
            `Guests that start around an idle daemon's exit are protected; the service starts none`()
            throws
        {
            var chance = LiveTests.Faults.chance(of: "starts around the exit")
            try Lab.script(["restart-daemon", "--on-demand", "--timeout", "\(Self.timeout)"])
            defer { _ = try? Lab.script(["restart-daemon"]) }
            let service = try LabService(isConnected: false)
            let before = try LabActivation.all().count
            let wanted = times(9, whole: 50)
            let perExit = 3
            let machine = LiveTests.Faults.machines[0]
            var count = 0
            var exits = 0
            while count < wanted {
                let names = (0..<perExit).map { "s-exit-\(count + $0)" }
                let files = try names.map { name in
                    let file = Lab.folder.appending(path: "\(name).xml")
                    try Data(machine.definition(of: name).utf8).write(to: file)
                    return file.path
                }
                try Lab.virsh("list")
                // Without guests, the service lets the daemon go after half a minute.
                try service.waits(60, for: "it follows the daemon") { $0.isConnected }
                try service.waits(90, for: "it lets the daemon go") { !$0.isConnected }
                let process = try? Lab.daemon()
                usleep(useconds_t(Self.timeout * 1_000_000 - 1_500_000))
                let starts = try files.map { file in
                    LiveTests.Faults.wait(upTo: .milliseconds(1200), by: &chance)
                    return try RunningCommand(
                        Command("/usr/bin/virsh", ["--quiet", "create", file]))
                }
                for (start, file) in zip(starts, files) {
                    // A daemon that is about to end may turn a client away.
                    if try start.finish(within: .seconds(60)).outcome.status != 0 {
                        try Lab.virsh("create", file)
                    }
                }
                if try Lab.daemon() != process { exits += 1 }
                for name in names {
                    try Lab.wait(60, for: "the watchdog of \(name)") {
                        try Lab.virsh("dumpxml", name)
                            .ranges(of: "<watchdog model='i6300esb'").count == 1
                    }
                    let tree = try Lab.virsh("qemu-monitor-command", name, "--hmp", "info qtree")
                    #expect(tree.ranges(of: "dev: i6300esb").count == 1, "\(name)")
                }
                for name in names { try Lab.virsh("destroy", name) }
                count += perExit
            }
            let added = try LabActivation.all().dropFirst(before).map(\.client)
            say("\(count) starts around \(exits) exits of the daemon; started by \(added)")
            #expect(added.allSatisfy { $0 == "virsh" })
            #expect(exits > 0, "the daemon ended")
            try service.end()
        }
    }
}
