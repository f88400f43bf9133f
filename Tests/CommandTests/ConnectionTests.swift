// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// `plan` and `apply` without a daemon, and on libvirt's own test driver.
@Suite(.enabled(if: Tool.isAvailable, Tool.needs))
struct ConnectionTests {
    private static let nowhere = "qemu+unix:///system?socket=/nonexistent/libvirt-sock"

    @Test(arguments: [
        ["plan", "-c", nowhere], ["plan", "--connect", nowhere, "web"],
        ["plan", "--json", "--connect=\(nowhere)"], ["apply", "--all", "-c", nowhere],
        ["apply", "-c", nowhere, "web", "--json"],
    ])
    func `Without a daemon the exit code is 2, with a remedy`(_ arguments: [String]) throws {
        let outcome = try Tool.run(arguments)
        #expect(outcome.status == 2)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errorText.contains("cannot connect to libvirt at '\(Self.nowhere)'"))
        #expect(outcome.errorText.contains("start libvirtd or virtqemud"))
        #expect(outcome.errorText.contains("--connect"))
        #expect(outcome.errorText.split(separator: "\n").count == 1, "libvirt itself is silent")
    }

    @Test(arguments: ["plan", "apply"])
    func `The URI may come from libvirt's own variable`(_ command: String) throws {
        let outcome = try Tool.run(
            command, "web", environment: ["LIBVIRT_DEFAULT_URI": Self.nowhere])
        #expect(outcome.status == 2)
        #expect(outcome.errorText.contains("/nonexistent/libvirt-sock"))
    }

    @Test
    func `A guest that is not there is an error in its place`() throws {
        let outcome = try Tool.run("plan", "-c", "test:///default", "test", "missing")
        #expect(outcome.status == 1)
        let lines = outcome.text.split(separator: "\n")
        #expect(lines[1].hasPrefix("missing "))
        #expect(lines.contains { $0.hasPrefix("test ") })
        let json = try Tool.run("plan", "-c", "test:///default", "--json", "test", "missing")
        #expect(json.status == 1)
        let answer = try #require(
            JSONSerialization.jsonObject(with: json.output) as? [String: Any])
        let guests = answer["guests"] as? [[String: Any]]
        #expect(guests?.map { $0["name"] as? String } == ["missing", "test"])
    }

    @Test
    func `All guests that run are planned for, with the reason`() throws {
        let outcome = try Tool.run("plan", "-c", "test:///default", "--all")
        #expect(outcome.status == 0)
        #expect(outcome.text.contains("QEMU does not run a domain of type 'test'"))
    }

    @Test
    func `libvirt's messages cannot steer the terminal`() throws {
        let outcome = try Tool.run("plan", "-c", "test:///a\u{202E}b", "--all")
        #expect(outcome.status == 2)
        #expect(outcome.errorText.contains("u{202e}b"))
        #expect(!outcome.errorText.contains("\u{202E}"))
    }

    @Test
    func `apply fails for a guest that cannot be protected`() throws {
        let outcome = try Tool.run("apply", "-c", "test:///default", "test")
        #expect(outcome.status == 1)
        #expect(outcome.text.contains("QEMU does not run a domain of type 'test'"))
    }
}
