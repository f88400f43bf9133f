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

        private func files() throws -> [String] {
            try Lab.run(
                "/usr/bin/find",
                ["/etc/libvirt/hooks", "/etc/virt-watchdog", "/usr/bin/virt-watchdog"]
            ).split(separator: "\n").map(String.init).sorted()
        }

        @Test(
            "beside somebody else's hook ours goes to qemu.d, both run, and only ours is taken back"
        )
        func beside() throws {
            let own = Self.hooks.appending(path: "qemu")
            let kept = try Data(contentsOf: own)
            defer {
                try? FileManager.default.removeItem(at: Self.hooks.appending(path: "qemu.d"))
                try? kept.write(to: own)
                _ = try? Command("/bin/chmod", ["0755", own.path]).run()
            }
            let foreign = "#!/bin/sh\necho \"$2\" >>\(Lab.folder.path)/foreign\n"
            try FileManager.default.removeItem(at: own)
            try Data(foreign.utf8).write(to: own)
            try Lab.run("/bin/chmod", ["0755", own.path])

            let printed = try Lab.run(Self.script, ["--no-deps"])
            #expect(printed.contains("/etc/libvirt/hooks/qemu.d/50-virt-watchdog"))
            #expect(printed.contains("Reloading libvirtd"))
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
            // The lab's own installation is what the other tests stand on.
            try FileManager.default.removeItem(at: own)
            try Lab.run(Self.script, ["--no-deps"])
        }

        @Test("guests start while the hook is upgraded over and over")
        func upgrade() throws {
            let upgrades = Process()
            upgrades.executableURL = URL(filePath: "/bin/sh")
            upgrades.arguments = [
                "-c", "for i in 1 2 3; do '\(Self.script)' --no-deps >/dev/null || exit 1; done",
            ]
            try upgrades.run()
            var started = 0
            repeat {
                let guest = try LabGuest("upgrade-\(started)", options: ["--memory", "64"])
                try guest.waits(forLog: "op=protect", "result=attached")
                started += 1
            } while upgrades.isRunning
            #expect(upgrades.terminationStatus == 0)
            #expect(started >= 3)
        }

        @Test("a changed agent.properties survives upgrade and removal")
        func changedProperties() throws {
            try FileManager.default.removeItem(at: Lab.properties)
            try Lab.run(Self.script, ["--no-deps"])
            #expect(try String(contentsOf: Lab.properties, encoding: .utf8).contains("reset"))
            let text = "vm.watchdog.action=pause\n"
            try Lab.setPolicy(text)
            try Lab.run(Self.script, ["--no-deps"])
            #expect(try String(contentsOf: Lab.properties, encoding: .utf8) == text)
            let printed = try Lab.run(Self.script, ["--uninstall"])
            #expect(try String(contentsOf: Lab.properties, encoding: .utf8) == text)
            #expect(printed.contains("was changed and stays"))
            try FileManager.default.removeItem(at: Lab.properties)
            try Lab.run(Self.script, ["--no-deps"])
            #expect(try files().contains("/etc/libvirt/hooks/qemu"))
        }
    }
}
