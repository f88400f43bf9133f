import Foundation
import TestSupport
import Testing

extension LiveTests {
    /// The hook and the daemon in trouble: no guest may be the worse for it.
    struct Resilience {
        private static let hook = "/etc/libvirt/hooks/qemu"

        init() throws {
            try Lab.setPolicy("")
        }

        @Test(
            "a hook that dies while it reads lets the guest start",
            arguments: ["SEGV", "ILL", "ABRT", "BUS", "FPE", "TERM"])
        func signal(name: String) throws {
            // The real hook, behind a script that holds its input back until the signal is sent.
            let real = "/etc/libvirt/hooks-real"
            try Lab.run("/bin/mv", [Self.hook, real])
            defer { _ = try? Command("/bin/mv", [real, Self.hook]).run() }
            try Data(
                """
                #!/bin/sh
                sleep 1 2>/dev/null | \(real) "$@" &
                sleep 0.2
                kill -\(name) $!
                wait $!
                status=$?
                echo "$2 $status" >>\(Lab.folder.path)/killed-\(name)
                exit $status
                """.utf8
            ).write(to: URL(filePath: Self.hook))
            try Lab.run("/bin/chmod", ["0755", Self.hook])

            let guest = try LabGuest("signal-\(name)")
            #expect(try guest.state() == "running")
            let ends = try String(
                contentsOf: Lab.folder.appending(path: "killed-\(name)"), encoding: .utf8)
            #expect(ends == "prepare 0\nstart 0\nstarted 0\n")
            try guest.waits(forLog: "op=started", "cut short")
        }

        @Test("a protector at work while libvirtd is killed gets through to the new one")
        func protectorOutlivesDaemon() throws {
            let guest = try LabGuest("outlive")
            try guest.waits(forLog: "op=protect", "result=attached")
            let uuid = try Lab.virsh("domuuid", guest.name)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            let before = try Lab.log(of: guest.name).count { $0.contains("op=protect") }
            try Lab.script(["stop-libvirtd", "--kill"])
            let protector = Process()
            protector.executableURL = URL(filePath: Lab.tool)
            protector.arguments = ["protect", "--connect", "qemu:///system", uuid]
            try protector.run()
            usleep(300_000)
            #expect(protector.isRunning, "it tries again while there is no daemon")
            try Lab.script(["start-libvirtd"])
            protector.waitUntilExit()
            #expect(protector.terminationStatus == 0)
            let lines = try Lab.log(of: guest.name).filter { $0.contains("op=protect") }
            #expect(lines.count > before)
            #expect(lines.last?.contains("result=unchanged") == true)
            #expect(try guest.watchdogs().count == 1)
        }
    }
}
