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
    func `A guest is a row, and the last line sums up`() throws {
        let outcome = try Tool.run("status", "-c", Self.driver)
        #expect(outcome.status == 1)
        let lines = outcome.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 5)
        #expect(lines[0].hasPrefix("GUEST  STATE    MACHINE  WATCHDOG  ARMED  NEXT BOOT"))
        #expect(lines[1].hasPrefix("test   running"))
        #expect(lines[1].contains("unprotected  QEMU does not run a domain of type 'test'"))
        #expect(lines[3] == "1 guest: 1 unprotected.")
    }

    @Test
    func `A guest that is not there is unknown, and comes first`() throws {
        let outcome = try Tool.run("status", "-c", Self.driver, "test", "missing")
        #expect(outcome.status == 2)
        let lines = outcome.text.split(separator: "\n")
        #expect(lines[1].hasPrefix("missing "))
        #expect(lines[1].contains("unknown"))
        #expect(lines[2].hasPrefix("test "))
        #expect(lines.last == "2 guests: 1 unknown, 1 unprotected.")
    }

    @Test
    func `Unknown verdicts can be accepted, and a guest that is not there cannot`() throws {
        let known = try Tool.run("status", "-c", Self.driver, "--accept-unknown", "test")
        #expect(known.status == 1)
        let missing = try Tool.run("status", "-c", Self.driver, "--accept-unknown", "missing")
        #expect(missing.status == 2)
    }

    @Test
    func `A host without guests is no trouble`() throws {
        let outcome = try Tool.run("status", "-c", Self.driver, "--inactive")
        #expect(outcome.status == 0)
        #expect(outcome.text == "No guest is shut off.\n")
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
            #expect(outcome.status == 2)
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
