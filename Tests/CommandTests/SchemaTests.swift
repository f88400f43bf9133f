// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// What each command prints as JSON has the form that hooks/schemas gives it, in good times and bad.
@Suite(.enabled(if: Tool.isAvailable, Tool.needs))
struct SchemaTests {
    private static let driver = "test:///default"

    /// The forms of the commands that share one; all others have the form of their name.
    private static let sharedForms = [["apply"]: "plan"]

    /// Each command that prints JSON, with its form.
    private static func commands() throws -> [(
        path: [String], node: CommandTree.Node, form: String
    )] {
        try CommandTree.commands().filter { $0.node.has("json") }.map { path, node in
            (path, node, sharedForms[path] ?? path.joined(separator: "-"))
        }
    }

    @Test
    func `Every command that prints JSON has a form, and keeps to it`() throws {
        let commands = try Self.commands()
        #expect(Set(commands.map(\.form)) == Set(Schema.forms))
        for (path, node, form) in commands {
            let connection = node.has("connect") ? ["--connect", Self.driver] : []
            let guests = node.has("all") ? ["--all"] : []
            let outcome = try Tool.run(path + connection + guests + ["--json"])
            #expect(outcome.status != 64, "\(path): \(outcome.errorText)")
            // What cannot start on this driver says so, and prints nothing.
            if outcome.output.isEmpty, outcome.status != 0, !outcome.errorText.isEmpty { continue }
            #expect(try Schema.complaint(about: outcome.output, form: form) == nil, "\(path)")
        }
    }

    @Test(arguments: [
        (["plan", "-c", driver], "plan", 0),
        (["plan", "-c", driver, "test", "missing", "4711"], "plan", 4),
        (["apply", "-c", driver, "--all"], "plan", 1),
        (["apply", "-c", driver, "--config", "test", "missing"], "plan", 4),
        (["status", "-c", driver], "status", 1),
        (["status", "-c", driver, "--all"], "status", 1),
        (["status", "-c", driver, "--inactive"], "status", 0),
        (["status", "-c", driver, "test", "missing"], "status", 4),
        (["remove", "-c", driver, "--all"], "remove", 0),
        (["remove", "-c", driver, "--dry-run", "--live", "test", "missing"], "remove", 4),
        (["doctor", "-c", driver], "doctor", 1),
        (["doctor", "-c", "qemu+unix:///system?socket=/nonexistent"], "doctor", 1),
        (["config"], "config", 0),
    ])
    func `JSON has its form`(_ arguments: [String], _ form: String, _ status: Int32) throws {
        let outcome = try Tool.run(arguments + ["--json"])
        #expect(outcome.status == status, "\(outcome.errorText)")
        #expect(try Schema.complaint(about: outcome.output, form: form) == nil)
    }

    @Test
    func `The policy's problems have their form, too`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "agent.properties", "vm.watchdog.action=resett\nvm.watchdog.modle=x\n\\uq=1\n")
        let outcome = try Tool.run("config", "--json", "--properties", file.path)
        #expect(outcome.status == 1)
        #expect(try Schema.complaint(about: outcome.output, form: "config") == nil)
    }

    @Test
    func `Every schema is installed`() throws {
        let stage = try #require(Repository.stage)
        #expect(!Schema.forms.isEmpty)
        for form in Schema.forms {
            #expect(
                FileManager.default.contentsEqual(
                    atPath: "\(stage)/usr/share/virt-watchdog/schemas/\(form).json",
                    andPath: Repository.root.appending(path: "hooks/schemas/\(form).json").path),
                "\(form)")
        }
    }

    @Test
    func `The schemas refuse wrong documents`() throws {
        for form in Schema.forms {
            for wrong in ["{}", "[]", #"{"guests":[{}]}"#, #"{"guests":[],"more":1}"#] {
                #expect(try Schema.complaint(about: Data(wrong.utf8), form: form) != nil)
            }
        }
    }
}
