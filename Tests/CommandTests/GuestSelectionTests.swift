// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import virt_watchdog

/// Guests by name, by pattern and on standard input, on libvirt's test driver.
@Suite(.enabled(if: Tool.isAvailable, Tool.needs))
struct GuestSelectionTests {
    /// A host of the test driver. The last guest is shut off.
    static func host(_ names: [String], in folder: TemporaryFolder) throws -> String {
        let domains = names.enumerated().map { index, name in
            """
            <domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
              <name>\(name)</name><memory>1024</memory><os><type>hvm</type></os>
              <test:runstate>\(index == names.count - 1 ? 5 : 1)</test:runstate>
            </domain>
            """
        }
        let file = try folder.write("node.xml", "<node>\(domains.joined())</node>")
        return "test://\(file.path)"
    }

    private static let names = ["i-2-7-VM", "i-2-9-VM", "r-4-VM", "web", "off"]

    private static func names(
        _ arguments: String..., input: String = ""
    ) throws -> (names: [String], status: Int32) {
        let folder = try TemporaryFolder()
        let outcome = try Tool.run(
            arguments + ["-c", host(names, in: folder)], input: Data(input.utf8))
        return (outcome.text.split(separator: "\n").map(String.init), outcome.status)
    }

    @Test(arguments: [
        (["i-*-VM"], ["i-2-7-VM", "i-2-9-VM"]), (["?-?-VM"], ["r-4-VM"]),
        (["web", "i-2-?-VM"], ["i-2-7-VM", "i-2-9-VM", "web"]),
        (["i-2-7-VM", "i-*"], ["i-2-7-VM", "i-2-9-VM"]), (["web", "web"], ["web"]),
        (["off"], ["off"]), (["--all", "o*"], ["off"]), (["--inactive", "*"], ["off"]),
        (["*"], ["i-2-7-VM", "i-2-9-VM", "r-4-VM", "web"]),
    ])
    func `Names and patterns select guests, each once`(
        _ arguments: [String], _ names: [String]
    ) throws {
        let folder = try TemporaryFolder()
        let uri = try Self.host(Self.names, in: folder)
        let outcome = try Tool.run(["status", "--name", "-c", uri] + arguments)
        #expect(outcome.text.split(separator: "\n").map(String.init) == names)
        #expect(outcome.status == 1, "no guest of the test driver is protected")
    }

    @Test
    func `Standard input has one name a line`() throws {
        let two = try Self.names("plan", "--name", "-", input: "web\r\n\ni-2-7-VM")
        #expect(two.names == ["i-2-7-VM", "web"])
        let literal = try Self.names("plan", "--name", "-", input: "i-*\n")
        #expect(literal.names.isEmpty)
        #expect(literal.status == 4, "a name on standard input is no pattern")
    }

    @Test
    func `A number on standard input is a name, and no ID`() throws {
        let folder = try TemporaryFolder()
        let uri = try Self.host(["web", "db", "1", "2", "off"], in: folder)
        let outcome = try Tool.run(
            ["status", "--name", "-c", uri, "-"], input: Data("1\n2\n".utf8))
        #expect(outcome.text == "1\n2\n")
        let missing = try Tool.run(
            ["status", "--name", "-c", uri, "-"], input: Data("3\n".utf8))
        #expect(missing.status == 4)
        #expect(missing.output.isEmpty)
        #expect(missing.errorText.contains("'3': no such guest"))
    }

    @Test(arguments: ["status", "plan", "apply", "remove"])
    func `--quiet prints errors, and only those`(_ command: String) throws {
        let folder = try TemporaryFolder()
        let uri = try Self.host(Self.names, in: folder)
        let quiet = try Tool.run(command, "-q", "-c", uri, "web", "missing")
        #expect(quiet.status == 4)
        #expect(quiet.output.isEmpty)
        #expect(quiet.errorText.contains("'missing': no such guest"))
        #expect(!quiet.errorText.contains("web"))
    }

    @Test(arguments: [
        ["remove", "--al"], ["apply", "--alll"], ["apply", "--ALL"], ["remove", "-a"],
    ])
    func `A misspelt option is named, and --all is not suggested`(_ arguments: [String]) throws {
        let outcome = try Tool.run(arguments)
        #expect(outcome.status == 64)
        #expect(outcome.errorText.contains("Unknown option '\(arguments[1])'"))
        #expect(!outcome.errorText.contains("use --all"))
        #expect(!outcome.errorText.contains("'--all'"))
    }

    @Test(arguments: ["status", "plan", "apply", "remove"])
    func `An empty standard input selects no guest, and not all`(_ command: String) throws {
        let folder = try TemporaryFolder()
        let uri = try Self.host(Self.names, in: folder)
        let outcome = try Tool.run([command, "-c", uri, "-", "--json"])
        #expect(outcome.status == 0)
        let answer = try JSONSerialization.jsonObject(with: outcome.output) as? [String: Any]
        #expect((answer?["guests"] as? [Any])?.isEmpty == true)
    }

    @Test(arguments: ["status", "plan", "apply", "remove"])
    func `A guest or a pattern without a match has one exit status in all commands`(
        _ command: String
    ) throws {
        for word in ["missing", "x-*"] {
            let outcome = try Tool.run(command, "-c", "test:///default", word)
            #expect(outcome.status == 4, "\(command) \(word)")
            #expect(outcome.text.contains(word))
        }
    }

    @Test
    func `Names come back as they are`() throws {
        let folder = try TemporaryFolder()
        let names = ["gäst", "a b", "x;y", "off"]
        let uri = try Self.host(names, in: folder)
        let outcome = try Tool.run(
            ["plan", "-c", uri, "--name"], environment: ["LC_ALL": "C"])
        #expect(
            outcome.text.split(separator: "\n").map(String.init).sorted()
                == names.dropLast().sorted())
        let again = try Tool.run(["plan", "-c", uri, "--name", "-"], input: outcome.output)
        #expect(again.output == outcome.output)
    }

    @Test(arguments: [
        ["plan", "--all", "i-*"], ["apply", "--all", "web"], ["remove", "--all", "*"],
        ["status", "--all", "web"], ["status", "--inactive", "i-*", "web"], ["apply"], ["remove"],
        ["status", "--json", "--no-header"], ["status", "--check", "--json"],
        ["status", "--watch", "--json"], ["status", "--watch", "--interval", "0"],
        ["plan", "--name", "--json"], ["status", "--name", "--check"], ["apply", "--name", "web"],
        ["status", "-v", "-q"], ["plan", "--json", "-v"],
    ])
    func `Options that do not go together are a usage error`(_ arguments: [String]) throws {
        let outcome = try Tool.run(arguments)
        #expect(outcome.status == 64, "\(arguments)")
        #expect(outcome.output.isEmpty)
    }

    @Test
    func `A table of 280 guests has a line for each`() throws {
        let folder = try TemporaryFolder()
        let uri = try Self.host((0..<281).map { "i-2-\($0)-VM" }, in: folder)
        for command in ["status", "plan"] {
            let lines = try Tool.run(command, "-c", uri).text.split(separator: "\n")
            #expect((281...290).contains(lines.count), "\(command): \(lines.count)")
            #expect(lines.count { $0.contains("i-2-") } == 280)
            let rows = try Tool.run(command, "-c", uri, "--no-header").text
            #expect(rows.split(separator: "\n").count == 280)
            #expect(try Tool.run(command, "-c", uri, "--quiet").output.isEmpty)
        }
    }
}
