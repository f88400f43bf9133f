// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests.Hook {
    /// An ordinary user's own daemon: a one-shot talks to the daemon that called the hook, and starts none.
    struct Session {
        /// What the daemon and its clients know of a runtime directory. libvirt tells hooks nothing of it.
        enum RuntimeDirectory: String, CaseIterable, CustomTestStringConvertible {
            /// `XDG_RUNTIME_DIR` is `/run/user/UID`.
            case usual
            /// There is no variable, as after `su`: the sockets are in `~/.cache/libvirt`.
            case unset
            /// The variable names another directory.
            case other
            /// There is no variable, and no `/run/user/UID`.
            case missing

            var testDescription: String { rawValue }

            /// The words before a command of the user's.
            fileprivate var words: [String] {
                switch self {
                case .usual: ["env"]
                case .unset, .missing: ["env", "--unset=XDG_RUNTIME_DIR"]
                case .other: ["env", "XDG_RUNTIME_DIR=\(Session.otherDirectory)"]
                }
            }

            /// Where libvirt keeps its sockets and its state.
            fileprivate var libvirt: String {
                switch self {
                case .usual: "\(Session.usualDirectory)/libvirt"
                case .unset, .missing: "\(Session.home)/.cache/libvirt"
                case .other: "\(Session.otherDirectory)/libvirt"
                }
            }
        }

        private static let user: uid_t = 64100
        private static let home = "/home/someone"
        private static let usualDirectory = "/run/user/\(user)"
        private static let otherDirectory = "\(home)/run"

        init() throws {
            try Lab.setPolicy("")
            _ = LabHost.user
            try endUsersDaemons()
        }

        /// Returns the user's daemons.
        private func daemons() -> [pid_t] {
            processes { $0 == Lab.daemonName + "\n" }
        }

        private func processes(named isName: (String) -> Bool) -> [pid_t] {
            RunningCommand.processes { id in
                let name = try? String(contentsOfFile: "/proc/\(id)/comm", encoding: .utf8)
                return LabOneShot.owner(of: id) == Self.user && name.map(isName) == true
            }
        }

        /// Ends what earlier tests, or a second daemon, left of the user's, and forgets its state.
        private func endUsersDaemons() throws {
            for id in RunningCommand.processes(where: { LabOneShot.owner(of: $0) == Self.user }) {
                kill(id, SIGKILL)
            }
            try Lab.wait(for: "the end of the user's processes") {
                RunningCommand.processes { LabOneShot.owner(of: $0) == Self.user }.isEmpty
            }
            let cache = "\(Self.home)/.cache/libvirt"
            for file in (try? FileManager.default.contentsOfDirectory(atPath: cache)) ?? []
            where file.hasSuffix(".pid") || file.contains("-sock") {
                try FileManager.default.removeItem(atPath: "\(cache)/\(file)")
            }
            for folder in [
                "\(cache)/qemu/run", "\(Self.usualDirectory)/libvirt", Self.otherDirectory,
                "\(Self.home)/.config/libvirt/qemu",
            ] { try Lab.run("/bin/rm", ["-rf", folder]) }
        }

        private func startDaemon(_ directory: RuntimeDirectory) throws -> pid_t {
            // A daemon holds what its caller left open.
            let command = Command(
                Lab.script, ["as-user"] + directory.words + [Lab.daemonName, "-d"])
            let outcome = try RunningCommand(command).finish(within: .seconds(20)).outcome
            try #require(outcome.status == 0, "\(outcome.errorText)")
            let daemons = daemons()
            try #require(daemons.count == 1)
            return daemons[0]
        }

        private func end(_ daemon: pid_t, by signal: Int32) throws {
            try #require(kill(daemon, signal) == 0)
            try Lab.wait(for: "the end of the user's daemon") { kill(daemon, 0) != 0 }
        }

        /// Defines a guest with a disk that its QEMU locks.
        private func guest(_ name: String, on host: LabHost) throws -> LabGuest {
            let disk = "\(Self.home)/\(name).img"
            try host.run("/usr/bin/truncate", ["--size=1M", disk])
            var machine = LiveTests.Faults.machines[0]
            machine.devices += """
                <disk type='file' device='disk'>
                  <driver name='qemu' type='raw'/>
                  <source file='\(disk)'/>
                  <target dev='hda' bus='ide'/>
                </disk>
                """
            return try LabGuest(name, .shutOff, definition: machine.definition(of: name), on: host)
        }

        /// Returns the QEMUs that the user has for a guest.
        private func emulators(of guest: LabGuest) -> [pid_t] {
            RunningCommand.processes { id in
                LabOneShot.owner(of: id) == Self.user
                    && LabOneShot.arguments(of: id).contains {
                        $0.hasPrefix("guest=\(guest.name),")
                    }
            }
        }

        /// Expects one daemon, one QEMU for each guest, one device in each, and no process of ours.
        private func expectOrder(
            _ guests: [LabGuest], under daemon: pid_t,
            at location: SourceLocation = #_sourceLocation
        ) throws {
            for guest in guests {
                try guest.waitsUntilProtected(20, at: location)
                #expect(try guest.state() == "running", sourceLocation: location)
                #expect(emulators(of: guest).count == 1, sourceLocation: location)
            }
            try LabOneShot.waitUntilNoneIsLeft(10, of: Self.user, at: location)
            #expect(daemons() == [daemon], "no other daemon", sourceLocation: location)
        }

        @Test(
            arguments: LiveTests.Faults.isWhole ? RuntimeDirectory.allCases : [.unset, .missing])
        func `A user's guest gets its device, no second daemon starts, and no guest is lost`(
            directory: RuntimeDirectory
        ) throws {
            let away = "\(Self.usualDirectory)-away"
            if directory == .missing { try Lab.run("/bin/mv", [Self.usualDirectory, away]) }
            defer {
                if directory == .missing {
                    _ = try? Command("/bin/rm", ["-rf", Self.usualDirectory]).run()
                    _ = try? Command("/bin/mv", [away, Self.usualDirectory]).run()
                }
            }
            if directory == .other {
                try LabHost.user.run("/bin/mkdir", ["-m", "700", Self.otherDirectory])
            }
            // A client of the test must not start a daemon either.
            let host = LabHost.user(after: directory.words + ["LIBVIRT_AUTOSTART=0"])
            var daemon = try startDaemon(directory)
            defer { try? endUsersDaemons() }

            let autostarted = try guest("h-auto-\(directory)", on: host)
            try autostarted.virsh("autostart", autostarted.name)
            try end(daemon, by: SIGTERM)
            // libvirt notes there that it started its autostart guests.
            let note = "\(directory.libvirt)/qemu/run/autostarted"
            try Lab.run("/bin/rm", ["-f", note])
            daemon = try startDaemon(directory)
            let started = try guest("h-user-\(directory)", on: host)
            try started.virsh("start", started.name)
            let guests = [autostarted, started]
            try expectOrder(guests, under: daemon)
            let before = guests.map(emulators)

            try end(daemon, by: SIGKILL)
            daemon = try startDaemon(directory)
            try expectOrder(guests, under: daemon)
            #expect(guests.map(emulators) == before, "the same runs")
            if directory != .usual {
                let files =
                    (try? FileManager.default.contentsOfDirectory(
                        atPath: "\(Self.usualDirectory)/libvirt")) ?? []
                #expect(
                    !files.contains { $0.hasPrefix(Lab.daemonName) || $0.hasPrefix("libvirt-") })
            }
        }

        @Test
        func `A user's daemon that is killed while a one-shot waits: it ends, and starts none`()
            throws
        {
            let host = LabHost.user(after: [
                "env", "--unset=XDG_RUNTIME_DIR", "LIBVIRT_AUTOSTART=0",
            ])
            let sleeper = try LabOtherHook(
                "50-sleeps", "case $1-$2 in h-user-orphan-started) exec sleep 4 ;; esac")
            defer { withExtendedLifetime(sleeper) {} }
            let daemon = try startDaemon(.unset)
            defer { try? endUsersDaemons() }
            let guest = try guest("h-user-orphan", on: host)
            let command = host.command("/usr/bin/virsh", ["--quiet", "start", guest.name])
            let start = try RunningCommand(command)
            try Lab.wait(for: "a one-shot that waits") { LabOneShot.all().count == 1 }
            try end(daemon, by: SIGKILL)
            try LabOneShot.waitUntilNoneIsLeft(5, of: Self.user)
            _ = try start.finish()
            #expect(daemons() == [])
            #expect(emulators(of: guest).count == 1, "the guest runs")
            let next = try startDaemon(.unset)
            try expectOrder([guest], under: next)
        }

        @Test
        func `The system's service does not stand in for a one-shot of a user's guest`() throws {
            let service = try LabService()
            let daemon = try startDaemon(.usual)
            defer { try? endUsersDaemons() }
            let guest = try guest("h-user-beside", on: .user)
            try guest.virsh("start", guest.name)
            try expectOrder([guest], under: daemon)
            let writers = LiveTests.Service.writers(of: try attachments(to: guest))
            #expect(writers.count == 1 && !writers.contains(service.id))
            #expect(try service.state()?.running == 0)
            try service.end()
        }
    }
}
