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

        @Test(
            "a guest that starts alone finds a protector that stands by, and none is started then")
        func standby() throws {
            let calls = Lab.folder.appending(path: "calls").path
            let real = Lab.tool + "-real"
            try Lab.waitUntilNoProtectorLingers()
            try Lab.run("/bin/mv", [Lab.tool, real])
            defer { _ = try? Command("/bin/mv", ["-f", real, Lab.tool]).run() }
            try Data(
                """
                #!/bin/bash
                echo "$*" >>\(calls)
                exec -a \(Lab.tool) \(real) "$@"
                """.utf8
            ).write(to: URL(filePath: Lab.tool))
            try Lab.run("/bin/chmod", ["0755", Lab.tool])

            let guest = try LabGuest("standby")
            try guest.waits(forLog: "op=protect", "result=attached")
            #expect(
                try String(contentsOfFile: calls, encoding: .utf8)
                    == "protect --connect qemu:///system --standby\n")
            // Nobody has to take it back: where no guest comes, it leaves.
            try Lab.waitUntilNoProtectorLingers()
        }

        @Test("a protector at work while libvirtd is killed gets through to the new one")
        func protectorOutlivesDaemon() throws {
            let guest = try LabGuest("outlive")
            try guest.waits(forLog: "op=protect", "result=attached")
            let uuid = try guest.uuid()
            let before = try Lab.log(of: guest.name).count { $0.contains("op=protect") }
            try Lab.waitUntilNoProtectorLingers()
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

        @Test("guests that start at once have one protector, and another one after it was killed")
        func handedOver() throws {
            try Lab.waitUntilNoProtectorLingers()
            let names = (1...8).map { "once-\($0)" }
            defer {
                for name in names { _ = try? Command("/usr/bin/virsh", ["destroy", name]).run() }
            }
            let starts = try names.map { name in
                let file = Lab.folder.appending(path: "\(name).xml")
                try Data(Self.withoutSystem(name).utf8).write(to: file)
                return try Background(Command("/usr/bin/virsh", ["create", file.path]))
            }
            for start in starts { #expect(start.status() == 0) }
            let protectors = try Set(names.map { try protector(of: $0) })
            #expect(protectors.count == 1)
            let first = try #require(protectors.first)

            let next = try LabGuest(
                "once-next", .created, definition: Self.withoutSystem("once-next"))
            #expect(try protector(of: next.name) == first, "it lingers")
            try #require(kill(first, SIGKILL) == 0)
            let last = try LabGuest(
                "once-last", .created, definition: Self.withoutSystem("once-last"))
            #expect(try protector(of: last.name) != first)
            for name in names + [next.name, last.name] {
                #expect(
                    try Lab.virsh("dumpxml", name).ranges(of: "<watchdog ").count == 1, "\(name)")
            }
        }

        /// Waits until a guest is protected, and tells which process did it.
        private func protector(of name: String) throws -> pid_t {
            var line: String?
            try Lab.wait(for: "the protection of \(name)") {
                line = try Lab.log(of: name).first {
                    $0.contains("op=protect") && $0.contains("result=attached")
                }
                return line != nil
            }
            let number = line?.split(separator: "virt-watchdog[").last?.prefix { $0 != "]" }
            return try #require(number.flatMap { pid_t($0) })
        }

        private static func withoutSystem(_ name: String) -> String {
            """
            <domain type='qemu'>
              <name>\(name)</name>
              <memory unit='MiB'>16</memory>
              <os><type arch='x86_64' machine='pc'>hvm</type></os>
              <features><acpi/></features>
              <devices>
                <controller type='usb' model='none'/>
                <memballoon model='none'/>
              </devices>
            </domain>
            """
        }
    }
}
