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
        #expect(outcome.status == 4)
        #expect(outcome.text.contains("no such guest at test:///default"))
        let lines = outcome.text.split(separator: "\n")
        #expect(lines[1].hasPrefix("missing "))
        #expect(lines.contains { $0.hasPrefix("test ") })
    }

    @Test(arguments: [
        (["-c", "test:///default", "plan"], "before the command"),
        (["plan", "-c", "test:///default"], "behind it"),
        (["--connect=test:///default", "plan"], "with an equals sign"),
        (["-ctest:///default", "plan"], "in one word"),
        (["plan", "-ctest:///default"], "likewise"),
        (["-c", nowhere, "plan", "-c", "test:///default"], "twice: the last one wins"),
        (["-vc", "test:///default", "plan"], "with a flag"),
    ])
    func `The URI may be before or behind the command`(
        _ arguments: [String], _ reason: String
    ) throws {
        for command in ["plan", "status", "doctor"] {
            let words = arguments.map { $0 == "plan" ? command : $0 }
            let outcome = try Tool.run(words)
            #expect(outcome.errorText.isEmpty, "\(words)")
            #expect(outcome.text.contains("test"), "\(words)")
            #expect(outcome.status != 2 && outcome.status != 64, "\(words)")
        }
    }

    @Test(arguments: [["-c", "x", "patch"], ["patch", "-c", "x"], ["setup", "--connect=x"]])
    func `A command that connects to nothing takes no URI`(_ arguments: [String]) throws {
        let outcome = try Tool.run(arguments)
        #expect(outcome.status == 64)
        #expect(outcome.errorText.contains("has no --connect: it does not connect to libvirt"))
    }

    @Test(arguments: [["-q", "patch"], ["patch", "--verbose"], ["config", "-v"]])
    func `A command without the output's options refuses them`(_ arguments: [String]) throws {
        #expect(try Tool.run(arguments).status == 64)
    }

    @Test
    func `A guest behind two dashes is no option`() throws {
        let outcome = try Tool.run("-c", "test:///default", "plan", "--", "-c")
        #expect(outcome.text.contains("no such guest"))
    }

    @Test(arguments: [
        ("tset", true), ("TEST", true), ("missing", false), ("4711", false),
        ("6695eb01-f6a4-8304-79aa-97f2502e1930", false),
    ])
    func `A misspelt guest gets the likely name`(_ name: String, _ isLikely: Bool) throws {
        let outcome = try Tool.run("plan", "-c", "test:///default", name)
        #expect(outcome.text.contains("no such guest at test:///default"))
        #expect(outcome.text.contains("did you mean 'test'?") == isLikely)
    }

    @Test(arguments: [
        ("qemu+foo:///system", "the usual URIs are"), ("a b", "the usual URIs are"),
        ("qemu+tcp://127.0.0.1:1/system", "qemu+ssh://127.0.0.1/system"),
        ("qemu+ssh://host.invalid/system", "ssh host.invalid virsh version"),
        (nowhere, "systemctl start libvirtd.socket"),
    ])
    func `A failed connection has the remedy of its cause`(
        _ uri: String, _ remedy: String
    ) throws {
        for command in ["plan", "status"] {
            let outcome = try Tool.run(command, "-c", uri)
            #expect(outcome.status == 2)
            #expect(outcome.errorText.contains(remedy), "\(outcome.errorText)")
            #expect(outcome.errorText.split(separator: "\n").count == 1)
        }
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
