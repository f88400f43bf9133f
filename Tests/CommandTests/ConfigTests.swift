// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: Tool.isAvailable, Tool.needs))
struct ConfigTests {
    /// What `config --json` prints.
    private struct Answer: Decodable {
        struct Setting: Decodable, Equatable {
            var value: String
            var utf8Value: String?
            var source: String
            var line: Int?
        }

        struct Problem: Decodable, Equatable {
            var line: Int?
            var column: Int?
            var severity: String
        }

        struct Pattern: Decodable, Equatable {
            var pattern: String
            var utf8Pattern: String?
            var key: String
            var matches: Int?
        }

        var file: String?
        var settings: [String: Setting]
        var patterns: [Pattern]
        var raw: [String: String]
        var problems: [Problem]
    }

    private static let canary = "canary-of-the-properties"

    /// A file with everything that an operator may write into it.
    private static let text = """
        # \(canary)-comment
        keystore.passphrase=\(canary)
        vm.watchdog.model : IB700
        vm.watchdog.action=rest
        vm.watchdog.action = poweroff\u{20}
        vm.watchdog.modle=x
        vm.watchdogs=\(canary)
        guest.vm.watchdog.model=\(canary)
        vm.watchdog.include = i-*-VM,\\
            v-\\u00e4
        host=\(canary) vm.watchdog.model=none
        vm.watchdog.enforce=
        """

    private func run(_ text: String, _ arguments: String...) throws -> Command.Outcome {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "agent.properties",
            Data(
                text.unicodeScalars.map {
                    UInt8(truncatingIfNeeded: $0.value)
                }))
        return try Tool.run(["config", "--properties", file.path] + arguments)
    }

    @Test
    func `JSON has the policy with its sources, the raw entries and the problems`() throws {
        let outcome = try run(Self.text, "--json")
        #expect(outcome.status == 0, "warnings alone are no failure")
        #expect(outcome.error.isEmpty)
        let answer = try JSONDecoder().decode(Answer.self, from: outcome.output)
        let file = try #require(answer.file)
        #expect(file.hasSuffix("/agent.properties"))
        #expect(
            answer.settings == [
                "vm.watchdog.model": .init(value: "ib700", source: "\(file):3", line: 3),
                "vm.watchdog.action": .init(value: "poweroff", source: "\(file):5", line: 5),
                "vm.watchdog.existing": .init(value: "keep", source: "built in"),
                "vm.watchdog.running": .init(value: "new", source: "built in"),
                "vm.watchdog.persist": .init(value: "false", source: "built in"),
                "vm.watchdog.reserve-ports": .init(value: "0", source: "built in"),
                "vm.watchdog.enforce": .init(value: "false", source: "built in"),
                "vm.watchdog.monitor": .init(value: "yes", source: "built in"),
                "vm.watchdog.include": .init(value: "i-*-VM,v-ä", source: "\(file):9", line: 9),
                "vm.watchdog.exclude": .init(value: "", source: "built in"),
            ])
        #expect(
            answer.raw == [
                "vm.watchdog.model": "IB700", "vm.watchdog.action": "poweroff ",
                "vm.watchdog.modle": "x", "vm.watchdog.include": "i-*-VM,v-ä",
                "vm.watchdog.enforce": "",
            ])
        #expect(
            answer.problems == [
                .init(line: 4, column: 1, severity: "warning"),
                .init(line: 5, column: 22, severity: "warning"),
                .init(line: 6, column: 1, severity: "warning"),
                .init(line: 7, column: 1, severity: "warning"),
                .init(line: 12, column: 21, severity: "warning"),
            ])
        let keys = try #require(
            JSONSerialization.jsonObject(with: outcome.output) as? [String: Any]
        ).keys
        #expect(
            Set(keys)
                == [
                    "schemaVersion", "host", "time", "file", "settings", "patterns", "raw",
                    "problems",
                ])
    }

    @Test(arguments: [[], ["--json"]])
    func `No other key and no other value is ever shown`(_ arguments: [String]) throws {
        for text in [Self.text, Self.text + "\nvm.watchdog.persist=maybe\nx=\(Self.canary)\\u1"] {
            let folder = try TemporaryFolder()
            let file = try folder.write("agent.properties", text)
            let outcome = try Tool.run(["config", "--properties", file.path] + arguments)
            #expect(!(outcome.text + outcome.errorText).contains(Self.canary))
            #expect(!(outcome.text + outcome.errorText).contains("keystore"))
        }
    }

    @Test
    func `Text shows each setting with its value and its place`() throws {
        let outcome = try run(Self.text)
        #expect(outcome.status == 0)
        let lines = outcome.text.split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true)
        }
        let model = try #require(lines.first { $0.first == "vm.watchdog.model" })
        #expect(model[1] == "ib700")
        #expect(model[2].hasSuffix("/agent.properties:3"))
        let existing = try #require(lines.first { $0.first == "vm.watchdog.existing" })
        #expect(existing.dropFirst() == ["keep", "built", "in"])
        #expect(outcome.text.contains("agent.properties:6:1: warning: unknown key"))
        #expect(!outcome.text.contains("changes no guest until"))
    }

    /// Files and the exit codes that they come to.
    @Test(arguments: [
        ("", Int32(0), "empty: a warning"),
        ("vm.watchdog.model=i6300esb\nvm.watchdog.action=reset\n", 0, "valid"),
        ("vm.watchdog.modell=i6300esb", 0, "an unknown key is a warning"),
        ("vm.watchdog.model=i6300", 1, "a bad value"),
        ("vm.watchdog.persist=yes", 1, "neither true nor false"),
        ("vm.watchdog.model=\"ib700\"", 1, "quotes are literal"),
        ("vm.watchdog.action=reset # at once", 1, "a comment cannot follow a value"),
        ("a=\\uZZZZ", 1, "Java would refuse the file"),
    ])
    func `The exit code tells errors from warnings`(
        _ text: String, _ status: Int32, _ reason: String
    ) throws {
        #expect(try run(text).status == status)
        let json = try run(text, "--json")
        #expect(json.status == status)
        let problems = try JSONDecoder().decode(Answer.self, from: json.output).problems
        #expect(problems.contains { $0.severity == "error" } == (status == 1))
    }

    @Test
    func `Both readings of a pattern are shown where they differ`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "agent.properties", "vm.watchdog.exclude=büro-*,web\nvm.watchdog.include=web\n"
        ).path
        let text = try Tool.run("config", "--properties", file).text
        #expect(text.contains("büro-*,web (as UTF-8), bÃ¼ro-*,web (as ISO 8859-1)"))
        let outcome = try Tool.run("config", "--json", "--properties", file)
        let settings = try JSONDecoder().decode(Answer.self, from: outcome.output).settings
        #expect(
            settings["vm.watchdog.exclude"]
                == .init(
                    value: "bÃ¼ro-*,web", utf8Value: "büro-*,web", source: "\(file):1", line: 1))
        #expect(
            settings["vm.watchdog.include"]
                == .init(value: "web", source: "\(file):2", line: 2))
        #expect(try Schema.complaint(about: outcome.output, form: "config") == nil)
    }

    @Test
    func `An error is quoted with its place, the nearest value and its consequence`() throws {
        let outcome = try run("\n  vm.watchdog.action = rest")
        #expect(outcome.text.contains("agent.properties:2:24: error: vm.watchdog.action"))
        #expect(outcome.text.contains("'rest'; did you mean 'reset'?"))
        #expect(outcome.text.contains("Until you fix the errors, virt-watchdog changes no guest."))
    }

    private static let patterns = """
        vm.watchdog.include=t*,t?st,i-*-VM
        vm.watchdog.exclude=büro-*
        """

    /// The properties file with patterns, where a configuration names it.
    private func runPatterns(
        _ arguments: String..., uri: String? = nil
    ) throws -> Command.Outcome {
        let folder = try TemporaryFolder()
        let file = try folder.write("agent.properties", Self.patterns)
        return try Tool.run(
            ["config", "--properties", file.path] + arguments,
            environment: uri.map { ["LIBVIRT_DEFAULT_URI": $0] } ?? [:])
    }

    @Test
    func `Each pattern has its number of guests, and no match gives a hint`() throws {
        for outcome in [
            try runPatterns("-c", "test:///default"), try runPatterns(uri: "test:///default"),
        ] {
            #expect(outcome.status == 0 && outcome.error.isEmpty)
            let rows = outcome.text.split(separator: "\n")
                .map { $0.split(separator: " ").map(String.init) }
            #expect(rows.contains(["PATTERN", "GUESTS", "KEY"]))
            #expect(rows.contains(["t*", "1", "vm.watchdog.include"]))
            #expect(rows.contains(["i-*-VM", "0", "vm.watchdog.include"]))
            #expect(rows.contains(["büro-*", "0", "vm.watchdog.exclude"]))
            #expect(outcome.text.contains("No guest matches 'i-*-VM'"))
            #expect(!outcome.text.contains("No guest matches 't*'"))
        }
        let json = try runPatterns("--json", "-c", "test:///default")
        let include = "vm.watchdog.include"
        #expect(
            try JSONDecoder().decode(Answer.self, from: json.output).patterns == [
                .init(pattern: "t*", key: include, matches: 1),
                .init(pattern: "t?st", key: include, matches: 1),
                .init(pattern: "i-*-VM", key: include, matches: 0),
                .init(
                    pattern: "bÃ¼ro-*", utf8Pattern: "büro-*", key: "vm.watchdog.exclude",
                    matches: 0),
            ])
        #expect(try Schema.complaint(about: json.output, form: "config") == nil)
    }

    private static let nowhere = "qemu+unix:///system?socket=/nonexistent"

    @Test
    func `Without libvirt, config shows all the rest, and a named URI is reported`() throws {
        let silent = try runPatterns(uri: Self.nowhere)
        #expect(silent.status == 0 && silent.error.isEmpty)
        #expect(!silent.text.contains("GUESTS") && !silent.text.contains("No guest"))
        #expect(silent.text.contains("t*,t?st,i-*-VM"))
        let json = try runPatterns("--json", "-c", Self.nowhere)
        #expect(json.status == 0)
        #expect(json.errorText.contains("cannot count the guests at '\(Self.nowhere)'"))
        let patterns = try JSONDecoder().decode(Answer.self, from: json.output).patterns
        #expect(patterns.count == 4)
        #expect(patterns.allSatisfy { $0.matches == nil })
        #expect(try Schema.complaint(about: json.output, form: "config") == nil)
    }

    @Test
    func `A daemon that never answers delays config by a few seconds only`() throws {
        let folder = try TemporaryFolder()
        // libvirt talks to this program instead of a daemon.
        let daemon = try folder.write("daemon", "#!/bin/sh\nexec sleep 10\n").path
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: daemon)
        let start = ContinuousClock.now
        let outcome = try runPatterns("-c", "qemu+ext:///system?command=\(daemon)")
        #expect(outcome.status == 0)
        #expect(outcome.text.contains("vm.watchdog.include"))
        #expect(outcome.errorText.contains("no answer within 3 seconds"))
        #expect(ContinuousClock.now - start < .seconds(8))
    }

    @Test
    func `A key that resembles ours is named`() throws {
        let outcome = try run("keystore.passphrase=x\nwatchdog.action=\(Self.canary)\n")
        #expect(outcome.status == 0)
        #expect(outcome.text.contains("agent.properties:2:1: warning: unknown key"))
        #expect(outcome.text.contains("did you mean 'vm.watchdog.action'?"))
        #expect(!outcome.text.contains("keystore") && !outcome.text.contains(Self.canary))
    }

    @Test
    func `A missing file is an error`() throws {
        let missing = "/nonexistent/agent.properties"
        let byOption = try Tool.run("config", "--json", "--properties", missing)
        let byEnvironment = try Tool.run(
            "config", "--json", environment: ["VIRT_WATCHDOG_PROPERTIES": missing])
        for outcome in [byOption, byEnvironment] {
            #expect(outcome.status == 1)
            let answer = try JSONDecoder().decode(Answer.self, from: outcome.output)
            #expect(answer.file == missing)
            #expect(answer.problems == [.init(severity: "error")])
        }
    }

    @Test
    func `The option wins over the environment`() throws {
        let folder = try TemporaryFolder()
        let option = try folder.write("option", "vm.watchdog.action=pause")
        let variable = try folder.write("variable", "vm.watchdog.action=dump")
        let environment = ["VIRT_WATCHDOG_PROPERTIES": variable.path]
        let both = try Tool.run("config", "--properties", option.path, environment: environment)
        #expect(both.text.contains("pause") && !both.text.contains("dump"))
        let one = try Tool.run("config", environment: environment)
        #expect(one.text.contains("dump"))
    }

    @Test
    func `Values cannot steer the terminal`() throws {
        let outcome = try run(#"vm.watchdog.include=a\u001b[2J\nvm.watchdog.model\u202e"#)
        #expect(outcome.status == 1)
        let controls = outcome.text.unicodeScalars.filter {
            $0 != "\n" && $0.properties.generalCategory == .control || $0 == "\u{202E}"
        }
        #expect(controls.isEmpty)
        for words in [
            ["config"], ["config", "--json"], ["patch"], ["status", "--\u{1B}\u{202E}"],
        ] {
            let outcome = try Tool.run(words + ["--properties", "/a\u{1B}[2J\u{202E}\u{9B}"])
            #expect(!(outcome.text + outcome.errorText).contains("\u{9B}"))
            #expect(!(outcome.text + outcome.errorText).contains("\u{1B}"))
            #expect(!(outcome.text + outcome.errorText).contains("\u{202E}"))
        }
    }

    @Test
    func `Output that cannot be written is a failure that shows`() throws {
        let tool = try #require(Repository.tool, Tool.needs)
        let outcome = try Command(
            "/bin/sh", ["-c", "exec \"$0\" config --json >/dev/full", tool],
            environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin"]
        ).run()
        #expect(outcome.status != 0)
        #expect(outcome.errorText.contains("No space left on device"))
    }
}
