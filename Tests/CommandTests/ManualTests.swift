// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import WatchdogPolicy
@testable import virt_watchdog

/// The manual against the tool, the policy and the hook's table.
struct ManualTests {
    private let tool = try? ManualPage("virt-watchdog.1")
    private let policy = try? ManualPage("virt-watchdog.5")
    private let hook = try? ManualPage("virt-watchdog-hook.8")

    /// The options that every command has.
    private static let common: Set = ["-h", "--help", "--version"]

    /// The options that may stand before a command.
    private static let movable: Set = ["-c", "--connect", "-v", "--verbose", "-q", "--quiet"]

    @Test(.enabled(if: Tool.isAvailable, Tool.needs))
    func `Every command has a section with its options, and no other has one`() throws {
        let page = try #require(tool)
        let commands = try CommandTree.commands().filter { !$0.path.isEmpty }
        #expect(!commands.isEmpty)
        let names = commands.map { $0.path.joined(separator: " ") }
        #expect(page.section("COMMANDS").arguments(of: ".Ss").sorted() == names.sorted())
        #expect(page.section("DESCRIPTION").options == Self.common.union(Self.movable))
        for (name, (_, node)) in zip(names, commands) {
            let options = Set((node.arguments ?? []).flatMap { $0.names ?? [] }.map(\.text))
            #expect(options.isSuperset(of: Self.common), "\(name)")
            let section = page.subsection(name)
            #expect(section.options == options.subtracting(Self.common), "\(name)")
            #expect(section.text.contains("exit status is 0"), "\(name)")
        }
    }

    @Test(.enabled(if: Tool.isAvailable, Tool.needs))
    func `The synopsis has each option of each command, under one name`() throws {
        let synopsis = try #require(tool).section("SYNOPSIS")
        for (path, node) in try CommandTree.commands() where !path.isEmpty {
            let name = path.joined(separator: " ")
            let options = synopsis.part(after: ".Cm \(name)", before: [".Nm"]).options
            let arguments = (node.arguments ?? []).map { Set(($0.names ?? []).map(\.text)) }
                .filter { !$0.isEmpty && $0.isDisjoint(with: Self.common) }
            for names in arguments {
                #expect(names.intersection(options).count == 1, "\(name): \(names)")
            }
            #expect(options.count == arguments.count, "\(name)")
        }
    }

    @Test
    func `Every key of the policy is there with its values and its default, and no other`() throws {
        let keys = try #require(policy).subsection("Keys")
        let known = PolicyKey.allCases.map(\.rawValue)
        #expect(keys.arguments(of: ".It Va").sorted() == known.sorted())
        for key in PolicyKey.allCases {
            let item = keys.part(after: ".It Va \(key.rawValue)", before: [".It Va"])
            var other = Policy.builtIn
            let valid = try #require(key.set("=", in: &other)?.valid, "'=' is no valid value")
            let described = item.arguments(of: ".It Cm")
            if valid.count > 1 {
                #expect(Set(described) == Set(valid), "\(key.rawValue)")
            } else {
                #expect(item.text.contains(valid[0]), "\(key.rawValue)")
            }
            let value = key.value(in: .builtIn)
            let sentence = "The default is \(value.isEmpty ? "empty" : value)"
            let ends = [".", ",", ";", ":"].map { sentence + $0 }
            #expect(ends.contains(where: item.text.contains), "\(key.rawValue)")
        }
    }

    @Test
    func `The hook's table is the code's`() throws {
        let page = try #require(hook).subsection("Operation by operation")
        let rows = page.lines.filter { $0.hasPrefix(".It ") && $0.contains(" Ta ") }.dropFirst()
        var expected: [String] = []
        for index in HookOperation.table.indices {
            let row = HookOperation.table[index]
            let prints =
                switch row.output {
                case .nothing: "nothing"
                case .patchedDefinition: "patched definition"
                case .changedAction: "changed action"
                }
            let calls = row.needsTreatment ? "one-shot" : "nothing"
            let cells = [
                "\(row.name) \(row.subOperation)", row.readsDefinition ? "yes" : "no", prints,
                calls, row.mayRefuse ? "0 or 1" : "0",
            ]
            expected.append(".It " + cells.joined(separator: " Ta "))
        }
        #expect(Array(rows) == expected)
    }

    @Test
    func `Every verdict is there, trouble first`() throws {
        let verdicts = try #require(tool).subsection("status").arguments(of: ".It Sy")
        #expect(verdicts == Verdict.Kind.allCases.map(\.rawValue))
    }

    @Test
    func `Every step of verify is there`() throws {
        let steps = try #require(tool).subsection("verify").arguments(of: ".It Sy")
        #expect(steps == VerifyStep.allCases.map(\.rawValue))
    }

    @Test
    func `Every check of the doctor is there`() throws {
        let checks = try #require(tool).subsection("doctor").arguments(of: ".It Sy")
        #expect(checks == Check.allCases.map(\.rawValue))
    }

    @Test(
        .enabled(if: Repository.runs(where: Command.find("mandoc") != nil), "needs mandoc"),
        arguments: ManualPage.names)
    func `mandoc has nothing to warn of`(_ name: String) throws {
        let mandoc = try #require(Command.find("mandoc"))
        let page = ManualPage.folder.appending(path: name).path
        let outcome = try Command(mandoc, ["-T", "lint", "-W", "warning", page]).run()
        #expect(outcome.text + outcome.errorText == "")
        #expect(outcome.status == 0)
    }

    @Test(
        .enabled(if: Repository.runs(where: Command.find("groff") != nil), "needs groff"),
        arguments: ManualPage.names)
    func `groff has nothing to warn of`(_ name: String) throws {
        let groff = try #require(Command.find("groff"))
        let page = ManualPage.folder.appending(path: name).path
        let outcome = try Command(groff, ["-mdoc", "-Tutf8", "-ww", "-z", page]).run()
        #expect(outcome.text + outcome.errorText == "")
        #expect(outcome.status == 0)
    }

    @Test(.enabled(if: Tool.isAvailable, Tool.needs))
    func `Every page is installed where man looks for it`() throws {
        #expect(ManualPage.names.count == 5)
        let stage = try #require(Repository.stage)
        for name in ManualPage.names {
            let section = try #require(name.last)
            let installed = "\(stage)/usr/share/man/man\(section)/\(name)"
            #expect(
                FileManager.default.contentsEqual(
                    atPath: installed, andPath: ManualPage.folder.appending(path: name).path),
                "\(installed)")
        }
    }
}
