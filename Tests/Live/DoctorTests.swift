// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests {
    /// What the doctor says of a real host, whole and broken.
    struct Doctor {
        private static let hook = "/etc/libvirt/hooks/qemu"
        private static let aside = "/etc/libvirt/hook-aside"
        private static let installer = Repository.root.appending(path: "install.sh").path

        init() throws {
            try Lab.setPolicy("vm.watchdog.action=reset\n")
            try Lab.run("/bin/chmod", ["0644", Lab.properties.path])
        }

        /// What `doctor --json` prints.
        private struct Answer: Decodable {
            struct Found: Decodable {
                var check: String
                var level: String
                var message: String
                var remedy: String?
            }

            var status: Int32 = 0
            var findings: [Found]

            private enum CodingKeys: String, CodingKey {
                case findings
            }

            subscript(check: String) -> [Found] { findings.filter { $0.check == check } }

            func levels(_ check: String) -> [String] { self[check].map(\.level) }

            /// The findings that are not ok. Not refusals, which may be in the log of the host, and
            /// not the service, which does not run in most tests.
            var complaints: [String] {
                findings.filter { $0.level != "ok" && !["refusals", "service"].contains($0.check) }
                    .map { "\($0.level) \($0.check)" }
            }
        }

        private func examine(_ arguments: String...) throws -> Answer {
            let outcome = try Command(Lab.tool, ["doctor", "--json"] + arguments).run()
            #expect(outcome.error.isEmpty)
            var answer = try JSONDecoder().decode(Answer.self, from: outcome.output)
            answer.status = outcome.status
            return answer
        }

        /// Brings ours back to where it was, and makes libvirt find it there.
        private func restoreHook() {
            _ = try? Command("/bin/mv", ["-f", Self.aside, Self.hook]).run()
            _ = try? Command("/bin/chmod", ["0755", Self.hook]).run()
            _ = try? Lab.script(["restart-libvirtd"])
        }

        @Test func `After install.sh, every check is ok`() throws {
            try Lab.script(["restart-libvirtd"])
            let answer = try examine()
            #expect(answer.complaints.isEmpty)
            #expect(answer.status == 0)
            let checks = [
                "hook-installed", "hook-file", "hook-executable", "hook-seen", "hook-build",
                "hook-static", "other-hooks", "libvirt-version", "security-module", "protector",
                "properties-file", "properties-mode", "emulator", "daemon-reachable",
                "daemon-writable", "service", "log", "refusals",
            ]
            var seen: [String] = []
            for check in answer.findings.map(\.check) where !seen.contains(check) {
                seen.append(check)
            }
            #expect(seen == checks)
            #expect(answer.levels("service") == ["warn"])
            let service = try LabService()
            try Lab.wait(for: "the service's state") { try examine().levels("service") == ["ok"] }
            service.send(SIGSTOP)
            #expect(try examine()["service"].first?.message.contains("has stopped") == true)
            service.send(SIGCONT)
            try service.end()
            #expect(answer["libvirt-version"].first?.message.contains("QEMU") == true)
            #expect(try Lab.run(Lab.tool, ["doctor"]).contains("virt-watchdog can work on this"))
        }

        @Test func `A hook that is missing or cannot run is a failure`() throws {
            defer { restoreHook() }
            try Lab.run("/bin/chmod", ["-x", Self.hook])
            var answer = try examine()
            #expect(answer.complaints == ["fail hook-executable"])
            #expect(answer.status == 1)
            try Lab.run("/bin/mv", [Self.hook, Self.aside])
            answer = try examine()
            #expect(answer.complaints == ["fail hook-installed"])
            #expect(answer["hook-installed"].first?.remedy == "sudo ./install.sh")
            #expect(answer.status == 1)
        }

        @Test func `A hook on a noexec file system is a failure, as it is for guests`() throws {
            try Lab.run("/bin/cp", ["-p", Self.hook, Self.aside])
            defer { restoreHook() }
            let folder = "/etc/libvirt/hooks"
            try Lab.run("/bin/mount", ["-t", "tmpfs", "-o", "noexec,mode=755", "hooks", folder])
            defer { _ = try? Command("/bin/umount", [folder]).run() }
            try Lab.run("/bin/cp", ["-p", Self.aside, Self.hook])
            let answer = try examine()
            #expect(answer.levels("hook-executable") == ["fail"])
            #expect(answer["hook-executable"].first?.message.contains("noexec") == true)
            let definition = try LabGuest.definition("noexec", [])
            let started = try Command("/usr/bin/virsh", ["create", definition.path]).run()
            #expect(started.status != 0)
            #expect(started.errorText.contains("exit status 126"))
        }

        @Test func `A damaged hook counts as another build`() throws {
            try Lab.run("/bin/cp", ["-p", Self.hook, Self.aside])
            defer { restoreHook() }
            try Lab.run("/usr/bin/truncate", ["-s", "-1000", Self.hook])
            #expect(try examine().levels("hook-build") == ["fail"])
            try Lab.run("/bin/cp", ["-p", Self.aside, Self.hook])
            #expect(try examine().levels("hook-build") == ["ok"])
        }

        @Test
        func `A first hook added while libvirt runs is not seen until install.sh reloads libvirt`()
            throws
        {
            defer { restoreHook() }
            try Lab.run("/bin/cp", ["-p", Self.hook, Self.aside])
            try FileManager.default.removeItem(atPath: Self.hook)
            try Lab.script(["restart-libvirtd"])
            try Lab.run("/bin/cp", ["-p", Self.aside, Self.hook])
            var answer = try examine()
            #expect(answer.complaints == ["warn hook-seen"])
            #expect(answer.status == 0)
            #expect(
                answer["hook-seen"].first?.remedy == "sudo virt-watchdog setup --reload-only")
            do {
                let guest = try LabGuest("not-seen")
                try guest.waits(forLine: "LAB waiting")
                #expect(try Lab.log(of: guest.name).isEmpty, "the warning was right")
            }
            try Lab.run(Self.installer, ["--no-deps"])
            answer = try examine()
            #expect(answer.complaints.isEmpty)
            #expect(
                answer["hook-seen"].first?.message.contains("reloaded by virt-watchdog setup")
                    == true)
            let guest = try LabGuest("seen")
            try guest.waits(forLog: "op=started", "plan=attach")
        }

        @Test
        func `A hook that is switched off and on leaves no warning, and libvirt still runs it`()
            throws
        {
            defer { restoreHook() }
            try Lab.script(["restart-libvirtd"])
            try Lab.run("/bin/chmod", ["-x", Self.hook])
            #expect(try examine().levels("hook-executable") == ["fail"])
            try Lab.run("/bin/chmod", ["+x", Self.hook])
            #expect(try examine().levels("hook-seen") == ["ok"])
            let guest = try LabGuest("off-and-on")
            try guest.waits(forLog: "op=started", "plan=attach")
        }

        @Test func `A hook that was off when libvirt looked is not seen until the remedy has run`()
            throws
        {
            defer { restoreHook() }
            try Lab.run("/bin/chmod", ["-x", Self.hook])
            try Lab.script(["restart-libvirtd"])
            try Lab.run("/bin/chmod", ["+x", Self.hook])
            let found = try #require(try examine()["hook-seen"].first)
            #expect(found.level == "warn")
            #expect(found.message.contains("as its log shows"))
            let words = try #require(found.remedy).split(separator: " ").dropFirst(2).map(
                String.init)
            try Lab.run(Lab.tool, words)
            #expect(try examine().levels("hook-seen") == ["ok"])
            let guest = try LabGuest("remedied")
            try guest.waits(forLog: "op=started", "plan=attach")
        }

        @Test func `Other hooks are named in the order in which libvirt runs them`() throws {
            let folder = "/etc/libvirt/hooks/qemu.d"
            defer {
                try? FileManager.default.removeItem(atPath: folder)
                restoreHook()
            }
            try Lab.run("/bin/mv", [Self.hook, Self.aside])
            try Lab.run("/bin/mkdir", ["-p", "\(folder)/win10/prepare/begin"])
            try Lab.run("/bin/mv", [Self.aside, "\(folder)/50-virt-watchdog"])
            let calls = Lab.folder.appending(path: "order").path
            let dispatcher = "#!/bin/bash\nHOOKPATH=\"$0.d/$1/$2/$3\"\necho qemu >>\(calls)\n"
            for (path, text) in [
                (Self.hook, dispatcher),
                ("\(folder)/10-first", "#!/bin/sh\necho 10-first >>\(calls)\n"),
                ("\(folder)/9-last.bak", "#!/bin/sh\necho 9-last.bak >>\(calls)\n"),
            ] {
                try Data(text.utf8).write(to: URL(filePath: path))
                try Lab.run("/bin/chmod", ["0755", path])
            }
            try Lab.script(["restart-libvirtd"])
            let answer = try examine()
            #expect(answer.complaints == ["warn other-hooks"])
            let message = try #require(answer["other-hooks"].first).message
            let names = message.matches(of: /hooks\/(?:qemu\.d\/)?([^ \/]+) \(/).map {
                String($0.output.1)
            }
            #expect(names == ["qemu", "10-first", "50-virt-watchdog", "9-last.bak"])
            #expect(message.contains("VFIO-Tools"))
            #expect(answer["other-hooks"].last?.remedy == "sudo rm \(folder)/9-last.bak")
            do {
                let guest = try LabGuest("order")
                try guest.waits(forLog: "op=protect", "result=attached")
            }
            let called = try String(contentsOfFile: calls, encoding: .utf8)
            #expect(called.hasPrefix("qemu\n10-first\n9-last.bak\n"), "libvirt's own order")
            try Lab.run("/bin/mv", ["\(folder)/50-virt-watchdog", Self.aside])
        }

        @Test func `A policy with an error is a failure, and so is a world-writable one`() throws {
            try Lab.setPolicy("\nvm.watchdog.action=resett\n")
            var answer = try examine()
            #expect(answer.levels("properties-file") == ["fail"])
            #expect(
                answer["properties-file"].first?.message.contains("\(Lab.properties.path):2:20")
                    == true)
            #expect(answer.levels("properties-mode") == ["ok"])
            #expect(answer.status == 1)
            try Lab.setPolicy("vm.watchdog.action=reset\n")
            try Lab.run("/bin/chmod", ["0666", Lab.properties.path])
            defer { _ = try? Command("/bin/chmod", ["0644", Lab.properties.path]).run() }
            answer = try examine()
            #expect(answer.levels("properties-file") == ["fail"])
            #expect(answer.levels("properties-mode") == ["fail"])
            #expect(answer.status == 1)
            let guest = try LabGuest("exposed")
            try guest.waits(forLog: "op=started", "plan=leave", "can be written by everybody")
        }

        @Test func `A QEMU without the device is a failure`() throws {
            let emulator = try Lab.run("/usr/bin/realpath", ["/usr/bin/qemu-system-x86_64"])
                .trimmingCharacters(in: .whitespacesAndNewlines)
            try Lab.run("/bin/mv", [emulator, emulator + ".real"])
            defer { _ = try? Command("/bin/mv", ["-f", emulator + ".real", emulator]).run() }
            let script =
                "#!/bin/sh\nif [ \"$1\" = -device ]; then"
                + " '\(emulator).real' \"$@\" | grep -v i6300esb; else"
                + " exec '\(emulator).real' \"$@\"; fi\n"
            try Data(script.utf8).write(to: URL(filePath: emulator))
            try Lab.run("/bin/chmod", ["0755", emulator])
            let answer = try examine()
            #expect(answer.levels("emulator") == ["fail"])
            #expect(answer["emulator"].first?.message.contains("i6300esb") == true)
        }

        @Test func `A daemon that does not run, or hangs, is a failure`() throws {
            try Lab.script(["stop-libvirtd"])
            var answer = try examine()
            try Lab.script(["start-libvirtd"])
            #expect(answer.levels("daemon-reachable") == ["fail"])
            #expect(answer.levels("daemon-writable") == ["fail"])
            #expect(answer.levels("hook-seen") == ["ok"], "it looks for hooks when it starts")
            #expect(answer.status == 1)

            try Lab.whileDaemonHangs { answer = try examine() }
            #expect(answer["daemon-reachable"].first?.message.contains("no answer") == true)
            #expect(answer.status == 1)
        }

        @Test func `A guest that was refused is named, with the fix`() throws {
            let log = "/var/log/syslog"
            try? FileManager.default.removeItem(atPath: log)
            try FileManager.default.createSymbolicLink(
                atPath: log, withDestinationPath: Lab.folder.appending(path: "syslog").path)
            defer { try? FileManager.default.removeItem(atPath: log) }
            try Lab.setPolicy("vm.watchdog.enforce=true\nvm.watchdog.model=ib700\n")
            let definition = try LabGuest.definition("refused", ["--machine", "q35"])
            let started = try Command("/usr/bin/virsh", ["create", definition.path]).run()
            #expect(started.status != 0)
            try Lab.wait(for: "the refusal in the log") {
                try Lab.log(of: "refused").contains { $0.contains("result=refused") }
            }
            let answer = try examine()
            #expect(answer.status == 0)
            let found = try #require(answer["refusals"].last)
            #expect(found.level == "warn")
            #expect(found.message.contains("guest=\"refused\""))
            #expect(found.message.contains("result=refused"))
            #expect(found.remedy == "see the reason: virt-watchdog plan refused")
        }
    }
}
