// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The tool's help and its usage errors.
@Suite(.enabled(if: Tool.isAvailable, Tool.needs))
struct HelpTests {
    @Test
    func `Every command has help, no larger than a terminal`() throws {
        let commands = try CommandTree.commands()
        #expect(commands.count > 1)
        for (path, node) in commands {
            let name = path.joined(separator: " ")
            let outcome = try Tool.run(path + ["--help"])
            #expect(outcome.status == 0, "\(name)")
            #expect(outcome.error.isEmpty, "\(name)")
            #expect(outcome.text.hasPrefix("OVERVIEW: "), "\(name)")
            #expect(outcome.text.contains("USAGE: "), "\(name)")
            let lines = outcome.text.split(separator: "\n", omittingEmptySubsequences: false)
            for line in lines { #expect(line.count <= 80, "\(name): \(line)") }
            // What follows the last line's end is no line.
            #expect(lines.count - 1 <= 36, "\(name)")
            #expect(node.abstract?.isEmpty == false, "\(name)")
            for argument in node.arguments ?? [] {
                #expect(argument.abstract?.isEmpty == false, "\(name) \(argument)")
            }
        }
    }

    @Test
    func `Every command says with which code it fails`() throws {
        for (path, node) in try CommandTree.commands() where node.subcommands?.isEmpty != false {
            let help = try Tool.run(path + ["--help"]).text
            #expect(help.contains("Exit status: 0 "), "\(path)")
            #expect(help.contains("1 "), "\(path)")
        }
        #expect(try Tool.run("--help").text.contains("64 usage error"))
    }

    @Test
    func `help and --help say the same`() throws {
        for (path, _) in try CommandTree.commands() {
            let (one, other) = (
                try Tool.run(["help"] + path), try Tool.run(path + ["--help"])
            )
            #expect(one.text == other.text, "\(path)")
        }
    }

    @Test
    func `The version is a number`() throws {
        let outcome = try Tool.run("--version")
        #expect(outcome.status == 0)
        #expect(outcome.text.wholeMatch(of: #/\d+\.\d+\.\d+\S*\n/#) != nil)
    }

    @Test(arguments: [
        (["frobnicate"], "an unknown command"),
        (["help", "frobnicate"], "help of an unknown command"),
        (["-v", "-q", "status"], "opposite options"),
        (["-c", "test:///default"], "no command"),
        (["config", "--jsno"], "an unknown option"),
        (["config", "--properties"], "an option without its value"),
        (["config", "x"], "an argument too many"),
        (["patch", "a.xml", "b.xml"], "a file too many"),
        (["apply"], "no guest named"),
        (["apply", "--all", "web"], "all, and one of them"),
        (["plan", "--all", "web"], "all, and one of them"),
        (["plan", "--connect"], "an option without its value"),
        (["doctor", "web"], "an argument too many"),
        (["doctor", "--connect"], "an option without its value"),
        (["protect"], "no guest named"),
        (["protect", "--connect", "test:///default"], "no UUID"),
    ])
    func `A wrong command line is met with 64 and how to do better`(
        _ arguments: [String], _ reason: String
    ) throws {
        let outcome = try Tool.run(arguments)
        #expect(outcome.status == 64)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errorText.hasPrefix("Error: "))
        #expect(outcome.errorText.contains("--help"))
        for line in outcome.errorText.split(separator: "\n") where !line.hasPrefix("Error: ") {
            #expect(line.count <= 80, "\(line)")
        }
    }
    @Test(arguments: [
        (["stauts"], "Did you mean 'status'?"), (["stauts", "--json"], "Did you mean 'status'?"),
        (["-c", "test:///default", "aply"], "Did you mean 'apply'?"),
        (["config", "--jsno"], "Did you mean '--json'?"),
    ])
    func `A misspelt word gets the likely one`(
        _ arguments: [String], _ question: String
    ) throws {
        let outcome = try Tool.run(arguments)
        #expect(outcome.status == 64)
        #expect(outcome.errorText.contains(question))
    }

    @Test(arguments: [
        ["remove", "--all", "--yes"], ["apply", "--al"], ["remove", "--alll"], ["remove", "--ALL"],
        ["apply", "-al"],
    ])
    func `No suggestion widens a command`(_ arguments: [String]) throws {
        let outcome = try Tool.run(arguments)
        #expect(outcome.status == 64)
        #expect(!outcome.errorText.contains("Did you mean"))
    }

    @Test
    func `Without arguments, the tool prints its help`() throws {
        let outcome = try Tool.run()
        #expect(outcome.status == 0)
        #expect(try outcome.text == Tool.run("--help").text)
        #expect(outcome.text.contains("--connect"))
    }
}
