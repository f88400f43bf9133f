// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// `status` and `remove` without a daemon, on libvirt's own test driver, and on odd command lines.
@Suite(.enabled(if: Tool.isAvailable, Tool.needs))
struct StatusTests {
    private static let nowhere = "qemu+unix:///system?socket=/nonexistent/libvirt-sock"
    private static let driver = "test:///default"

    @Test(arguments: [["status"], ["status", "--json", "web"], ["remove", "--all"], ["verify"]])
    func `Without a daemon the exit code is 2, with a remedy`(_ arguments: [String]) throws {
        let outcome = try Tool.run(arguments + ["-c", Self.nowhere])
        #expect(outcome.status == 2)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errorText.contains("cannot connect to libvirt at '\(Self.nowhere)'"))
        #expect(outcome.errorText.split(separator: "\n").count == 1)
    }

    @Test
    func `A guest is a row, the reason stands once, and the last line sums up`() throws {
        let outcome = try Tool.run("status", "-c", Self.driver)
        #expect(outcome.status == 1)
        let lines = outcome.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 7)
        #expect(
            lines[0].split(separator: /[ ]{2,}/).map(String.init) == [
                "GUEST", "STATE", "MACHINE", "WATCHDOG", "ORIGIN", "ARMED", "NEXT BOOT", "VERDICT",
                "WHY",
            ])
        #expect(lines[1].hasPrefix("test   running"))
        #expect(lines[1].hasSuffix("unprotected  not QEMU"))
        #expect(lines[3].hasPrefix("not QEMU: QEMU does not run a domain of type 'test'"))
        #expect(lines[5] == "1 guest: 1 unprotected.")
    }

    @Test
    func `The reason stands below a guest that is named, and with --verbose`() throws {
        for arguments in [["test"], ["--verbose"]] {
            let outcome = try Tool.run(["status", "-c", Self.driver] + arguments)
            let lines = outcome.text.split(separator: "\n")
            #expect(lines[2].hasPrefix("    QEMU does not run a domain of type 'test'"))
            #expect(lines.count == 4)
        }
    }

    @Test
    func `A guest that is not there is a problem, and comes first`() throws {
        let outcome = try Tool.run("status", "-c", Self.driver, "test", "missing")
        #expect(outcome.status == 4)
        let lines = outcome.text.split(separator: "\n")
        #expect(lines[1].hasPrefix("missing "))
        #expect(lines[1].contains("unknown"))
        #expect(lines.contains { $0.hasPrefix("test ") })
        #expect(lines.last == "2 guests: 1 unknown, 1 unprotected.")
    }

    @Test(arguments: [
        ([], "CRITICAL - 1 of 1 guests: test (unprotected) | guests=1 ", 2),
        (["missing"], "UNKNOWN - 1 of 1 guests: missing (unknown) | guests=1 ", 3),
        (["missing", "test"], "CRITICAL - 2 of 2 guests: ", 2),
        (["--inactive"], "OK - 0 of 0 guests need attention | guests=0 ", 0),
        (["--properties", "/nonexistent"], "UNKNOWN - cannot read the policy", 3),
    ])
    func `A monitoring system gets one line and its exit statuses`(
        _ arguments: [String], _ text: String, _ status: Int32
    ) throws {
        let outcome = try Tool.run(["status", "--check", "-c", Self.driver] + arguments)
        #expect(outcome.status == status)
        #expect(outcome.text.hasPrefix("WATCHDOG \(text)"), "\(outcome.text)")
        #expect(outcome.text.split(separator: "\n").count == 1)
    }

    @Test
    func `A monitoring system learns that there is no daemon, and of a faulty policy`() throws {
        let missing = try Tool.run("status", "--check", "-c", Self.nowhere)
        #expect(missing.status == 3)
        #expect(missing.text == "WATCHDOG UNKNOWN - cannot reach libvirt\n")
        let folder = try TemporaryFolder()
        let file = try folder.write("p", "vm.watchdog.exclude=*\nvm.watchdog.action=resett\n")
        let faulty = try Tool.run(
            "status", "--check", "-c", Self.driver, "--properties", file.path, "--inactive")
        #expect(faulty.status == 2)
        #expect(faulty.text.hasPrefix("WATCHDOG CRITICAL - the policy has errors | "))
    }

    @Test(arguments: ["status", "plan", "apply"])
    func `A policy with errors is a failure that is said once`(_ command: String) throws {
        let folder = try TemporaryFolder()
        let uri = try GuestSelectionTests.host(["a", "b", "c", "off"], in: folder)
        let file = try folder.write("p", "vm.watchdog.action=resett\n")
        let outcome = try Tool.run(command, "-c", uri, "--properties", file.path, "*")
        #expect(outcome.status == 1)
        #expect(outcome.errorText.split(separator: "\n").count == 1)
        #expect(outcome.errorText.contains("p:1:"))
        #expect(!outcome.text.contains("'resett'"), "\(outcome.text)")
    }

    @Test
    func `A policy with errors is a failure without guests, too`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("p", "vm.watchdog.action=resett\n")
        let options = ["-c", Self.driver, "--properties", file.path]
        #expect(try Tool.run(["status", "--inactive"] + options).status == 1)
        #expect(try Tool.run(["plan", "-"] + options).status == 1)
    }

    @Test(arguments: ["status", "plan", "apply", "patch"])
    func `A policy file that is not there stops a command at once`(_ command: String) throws {
        let guests = command == "patch" ? [] : ["-c", Self.nowhere, "web"]
        let option = try Tool.run([command, "--properties", "/nonexistent"] + guests)
        let variable = try Tool.run(
            [command] + guests, environment: ["VIRT_WATCHDOG_PROPERTIES": "/nonexistent"])
        for outcome in [option, variable] {
            #expect(outcome.status == 1)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errorText.contains("/nonexistent: error: cannot read the file"))
            #expect(!outcome.errorText.contains("libvirt"))
        }
    }

    @Test
    func `apply --dry-run is plan`() throws {
        for arguments in [["test"], ["--all", "--json"], ["--all", "--config"], ["missing"]] {
            let plan = try Tool.run(["plan", "-c", Self.driver] + arguments)
            let dry = try Tool.run(["apply", "--dry-run", "-c", Self.driver] + arguments)
            #expect(dry.status == plan.status)
            func withoutTime(_ text: String) -> String {
                text.replacing(/"time" : "[^"]*"/, with: "")
            }
            #expect(withoutTime(dry.text) == withoutTime(plan.text))
        }
    }

    @Test
    func `--watch shows the status until it is ended`() throws {
        let tool = try #require(Repository.tool)
        let command = "timeout -s INT 3 '\(tool)' status --watch --interval 1 -c \(Self.driver)"
        let outcome = try Command("/bin/sh", ["-c", command]).run()
        let looks = outcome.text.components(separatedBy: "Every 1 s: virt-watchdog status, ")
        #expect(looks.count >= 3)
        #expect(looks.dropFirst().allSatisfy { $0.contains("test ") && $0.contains("1 guest:") })
    }

    @Test
    func `Unknown verdicts can be accepted, and a guest that is not there cannot`() throws {
        let known = try Tool.run("status", "-c", Self.driver, "--accept-unknown", "test")
        #expect(known.status == 1)
        let missing = try Tool.run("status", "-c", Self.driver, "--accept-unknown", "missing")
        #expect(missing.status == 4)
    }

    @Test
    func `A host without guests is no trouble`() throws {
        let outcome = try Tool.run("status", "-c", Self.driver, "--inactive")
        #expect(outcome.status == 0)
        #expect(outcome.text == "No guest is shut off at \(Self.driver).\n")
    }

    @Test
    func `A guest that the policy excludes is fine`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("p", "vm.watchdog.exclude=test\n")
        let outcome = try Tool.run(
            "status", "-c", Self.driver, "--properties", file.path)
        #expect(outcome.status == 0)
        #expect(outcome.text.hasSuffix("1 guest: 1 excluded.\n"))
    }

    @Test(arguments: [
        ["status", "--all", "--inactive"], ["status", "--all", "test"],
        ["status", "--inactive", "test"], ["remove"], ["remove", "--all", "test"],
        ["verify", "--machine", "isapc"], ["verify", "test"],
    ])
    func `Contradicting options are a usage error`(_ arguments: [String]) throws {
        #expect(try Tool.run(arguments).status == 64)
    }

    @Test
    func `On a terminal rows fit its width and stand out, unless NO_COLOR says no`() throws {
        // script(1) gives the tool a terminal.
        func lines(_ environment: String) throws -> [String] {
            let tool = try #require(Repository.tool)
            let command =
                "stty cols 70; env -u NO_COLOR \(environment) '\(tool)'"
                + " status -c \(Self.driver) test missing"
            let outcome = try Command(
                #require(Command.find("script")), ["-qec", command, "/dev/null"]
            ).run()
            #expect(outcome.status == 4)
            return outcome.text.split(whereSeparator: \.isNewline).map(String.init)
        }
        let plain = try lines("TERM=xterm NO_COLOR=1")
        #expect(plain.allSatisfy { $0.count <= 70 }, "\(plain)")
        #expect(plain.allSatisfy { !$0.contains("\u{1b}") })
        #expect(plain.count > 4, "reasons are folded")
        #expect(try lines("TERM=dumb").allSatisfy { !$0.contains("\u{1b}") })
        let coloured = try lines("TERM=xterm")
        #expect(coloured.contains { $0.contains("\u{1b}[31m") })
    }
}
