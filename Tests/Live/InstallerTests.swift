// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests {
    /// install.sh on a system of its own: the lab's.
    struct Installer {
        private static let hooks = URL(filePath: "/etc/libvirt/hooks")
        private static let script = Repository.root.appending(path: "install.sh").path

        init() throws {
            try Lab.setPolicy("")
        }

        /// Puts another owner's hook in the place of ours.
        private func replace(_ hook: URL, by text: String) throws {
            try FileManager.default.removeItem(at: hook)
            try Data(text.utf8).write(to: hook)
            try Lab.run("/bin/chmod", ["0755", hook.path])
        }

        /// Brings back the lab's own installation, which the other tests stand on.
        private func restoreOwnHook() {
            try? FileManager.default.removeItem(at: Self.hooks)
            _ = try? Command(Self.script, ["--no-deps", "--no-verify"]).run()
        }

        /// The files where the installer works.
        private func files() throws -> [String] {
            try Lab.run(
                "/usr/bin/find",
                [
                    "/etc/libvirt", "/etc/virt-watchdog", "/usr/bin", "/usr/share",
                    "-name", "*qemu*", "-o", "-name", "*virt-watchdog*", "-o", "-name", "installed",
                ]
            ).split(separator: "\n").map(String.init).sorted()
        }

        @Test
        func `Beside another hook, ours goes to qemu.d, both run, and only ours is removed`() throws
        {
            let own = Self.hooks.appending(path: "qemu")
            defer { restoreOwnHook() }
            let foreign = "#!/bin/sh\necho \"$2\" >>\(Lab.folder.path)/foreign\n"
            try replace(own, by: foreign)

            let printed = try Lab.run(Self.script, ["--no-deps"])
            #expect(printed.contains("It works: the watchdog noticed a hung guest"))
            #expect(printed.contains("/etc/libvirt/hooks/qemu.d/50-virt-watchdog"))
            #expect(printed.contains("Reloading \(Lab.daemonName)"))
            #expect(printed.contains("vm.watchdog.action"))
            #expect(try String(contentsOf: own, encoding: .utf8) == foreign)
            do {
                let guest = try LabGuest("beside")
                try guest.waits(forLog: "op=protect", "result=attached")
            }
            let called = try String(
                contentsOf: Lab.folder.appending(path: "foreign"), encoding: .utf8)
            #expect(called.contains("prepare\nstart\nstarted\n"))

            try Lab.run(Self.script, ["--uninstall"])
            #expect(try String(contentsOf: own, encoding: .utf8) == foreign)
            #expect(!FileManager.default.fileExists(atPath: Self.hooks.path + "/qemu.d"))
            #expect(!FileManager.default.fileExists(atPath: Lab.tool))
            #expect(!FileManager.default.fileExists(atPath: "/run/virt-watchdog"))
            #expect(
                !FileManager.default.fileExists(atPath: "/usr/share/man/man1/virt-watchdog.1"))
        }

        @Test(arguments: ["qemu", "qemu.d"])
        func `Guests start while the hook is upgraded over and over`(place: String) throws {
            let own = Self.hooks.appending(path: "qemu")
            if place == "qemu.d" { try replace(own, by: "#!/bin/sh\nexit 0\n") }
            defer { restoreOwnHook() }
            try Lab.run(Self.script, ["--no-deps", "--no-verify"])
            let upgrades = Process()
            upgrades.executableURL = URL(filePath: "/bin/sh")
            upgrades.arguments = [
                "-c",
                "for i in 1 2; do '\(Self.script)' --no-deps --no-verify >/dev/null || exit 1; done",
            ]
            try upgrades.run()
            var started = 0
            repeat {
                let guest = try LabGuest(
                    "upgrade-\(place)-\(started)", options: ["--memory", "64"])
                try guest.waits(forLog: "op=protect", "result=attached")
                started += 1
            } while upgrades.isRunning
            #expect(upgrades.terminationStatus == 0)
            #expect(started >= 2)
            #expect(try files().allSatisfy { !$0.contains(".new") })
        }

        @Test
        func `A failed installation leaves nothing that libvirt would run, and is undone`() throws {
            let folder = try TemporaryFolder()
            try Lab.run("/bin/mount", ["-t", "tmpfs", "-o", "size=20m", "full", folder.url.path])
            defer { _ = try? Command("/bin/umount", [folder.url.path]).run() }
            try folder.write("etc/libvirt/hooks/qemu", "#!/bin/sh\n")
            let failed = try Command(
                Self.script, ["--no-deps", "--destdir", folder.url.path]
            ).run()
            #expect(failed.status != 0)
            let left = try Lab.run("/usr/bin/find", [folder.url.path + "/etc", "-type", "f"])
            #expect(left == folder.url.path + "/etc/libvirt/hooks/qemu\n")
            try Lab.run(Self.script, ["--uninstall", "--destdir", folder.url.path])
            #expect(
                try Lab.run("/usr/bin/find", [folder.url.path, "-type", "f"])
                    == folder.url.path + "/etc/libvirt/hooks/qemu\n")
        }

        @Test
        func `A destdir tree is readable by all under any umask, and empty after removal`() throws {
            let folder = try TemporaryFolder()
            let run =
                "umask 077; exec '\(Self.script)' --no-deps --destdir '\(folder.url.path)/a b'"
            try Lab.run("/bin/sh", ["-c", run])
            let closed = ["\(folder.url.path)/a b", "-mindepth", "1", "!", "-perm", "-o+r"]
            #expect(try Lab.run("/usr/bin/find", closed).isEmpty)
            try Lab.run("/bin/sh", ["-c", run + " --uninstall"])
            let rest = ["\(folder.url.path)/a b", "-mindepth", "1"]
            #expect(try Lab.run("/usr/bin/find", rest).isEmpty)
        }

        @Test func `A script that mentions our namespace is another owner's hook`() throws {
            let folder = try TemporaryFolder()
            let text = "#!/bin/sh\n# like urn:virt-watchdog:policy:1\n"
            let hook = try folder.write("etc/libvirt/hooks/qemu", text)
            try Lab.run(Self.script, ["--no-deps", "--destdir", folder.url.path])
            #expect(try String(contentsOf: hook, encoding: .utf8) == text)
            let ours = folder.url.path + "/etc/libvirt/hooks/qemu.d/50-virt-watchdog"
            #expect(FileManager.default.isExecutableFile(atPath: ours))
        }

        @Test func `A libvirt that runs only one hook is reported, and nothing changes`() throws {
            let folder = try TemporaryFolder()
            let old = try folder.write(
                "bin/libvirtd", "#!/bin/sh\necho 'libvirtd (libvirt) 6.4.0'\n")
            try Lab.run("/bin/chmod", ["0755", old.path])
            try folder.write("tree/etc/libvirt/hooks/qemu", "#!/bin/sh\n")
            var command = Command(
                Self.script, ["--no-deps", "--destdir", folder.url.path + "/tree"])
            command.environment["PATH"] =
                folder.url.path + "/bin:" + (command.environment["PATH"] ?? "")
            let outcome = try command.run()
            #expect(outcome.status == 1)
            #expect(outcome.errorText.contains("another hook stands at /etc/libvirt/hooks/qemu"))
            #expect(outcome.errorText.contains("6.5.0"))
            let files = try Lab.run("/usr/bin/find", [folder.url.path + "/tree", "-type", "f"])
            #expect(files == folder.url.path + "/tree/etc/libvirt/hooks/qemu\n")
        }

        @Test func `A dry run names each step, and takes none`() throws {
            try FileManager.default.removeItem(atPath: Lab.tool)
            defer { restoreOwnHook() }
            let before = try files()
            for options in [[], ["--uninstall"], ["--demo"]] {
                let printed = try Lab.run(Self.script, ["--dry-run"] + options)
                #expect(!printed.isEmpty)
                #expect(try files() == before)
            }
        }

        @Test func `A changed agent.properties survives upgrade and removal`() throws {
            try FileManager.default.removeItem(at: Lab.properties)
            try Lab.run(Self.script, ["--no-deps", "--no-verify"])
            #expect(try String(contentsOf: Lab.properties, encoding: .utf8).contains("reset"))
            let text = "vm.watchdog.action=pause\n"
            try Lab.setPolicy(text)
            try Lab.run(Self.script, ["--no-deps", "--no-verify"])
            #expect(try String(contentsOf: Lab.properties, encoding: .utf8) == text)
            let printed = try Lab.run(Self.script, ["--uninstall"])
            #expect(try String(contentsOf: Lab.properties, encoding: .utf8) == text)
            #expect(printed.contains("was changed and stays"))
            try FileManager.default.removeItem(at: Lab.properties)
            try Lab.run(Self.script, ["--no-deps", "--no-verify"])
            #expect(try files().contains("/etc/libvirt/hooks/qemu"))
        }

        @Test
        func `An installation whose hook does not work is a failure with the reason`() throws {
            try Lab.setPolicy("vm.watchdog.exclude=virt-watchdog-*\n")
            let outcome = try Command(Self.script, ["--no-deps"]).run()
            #expect(outcome.status == 1)
            #expect(outcome.text.contains("virt-watchdog-verify-*"))
            #expect(outcome.errorText.contains("it is not proven that it works"))
            #expect(try files().contains("/etc/libvirt/hooks/qemu"))
        }
    }
}
