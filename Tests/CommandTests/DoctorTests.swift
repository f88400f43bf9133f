// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import virt_watchdog

/// `virt-watchdog doctor` as it is installed, on hosts without a daemon and on libvirt's own test
/// driver.
@Suite(.enabled(if: Tool.isAvailable, Tool.needs))
struct DoctorTests {
    private static let nowhere = "qemu+unix:///system?socket=/nonexistent/libvirt-sock"

    /// What `doctor --json` prints.
    private struct Answer: Decodable {
        struct Found: Decodable {
            var check: String
            var level: String
            var message: String
            var remedy: String?
        }

        var findings: [Found]
        var summary: [String: Int]

        func levels(_ check: Check) -> [String] {
            findings.filter { $0.check == check.rawValue }.map(\.level)
        }
    }

    private func answer(_ arguments: String...) throws -> (answer: Answer, status: Int32) {
        let outcome = try Tool.run(["doctor", "--json"] + arguments)
        #expect(outcome.error.isEmpty)
        return (try JSONDecoder().decode(Answer.self, from: outcome.output), outcome.status)
    }

    @Test(arguments: [nowhere, "test:///default"])
    func `JSON has each key of each finding, and their sum`(_ uri: String) throws {
        let outcome = try Tool.run("doctor", "--json", "-c", uri)
        let object = try #require(
            JSONSerialization.jsonObject(with: outcome.output) as? [String: Any])
        #expect(Set(object.keys) == ["findings", "host", "schemaVersion", "summary", "time"])
        let findings = try #require(object["findings"] as? [[String: Any]])
        let names = Set(Check.allCases.map(\.rawValue))
        for finding in findings {
            #expect(Set(finding.keys) == ["check", "level", "message", "remedy"])
            #expect(names.contains(try #require(finding["check"] as? String)))
            let level = try #require(finding["level"] as? String)
            #expect(["ok", "warn", "fail"].contains(level))
            #expect((finding["remedy"] is NSNull) == (level == "ok"), "\(finding)")
            for key in ["message", "remedy"] {
                let text = finding[key] as? String ?? ""
                #expect(!text.contains { $0.isNewline })
            }
        }
        let summary = try #require(object["summary"] as? [String: Int])
        #expect(Set(summary.keys) == ["ok", "warn", "fail"])
        for (level, count) in summary {
            #expect(findings.count { $0["level"] as? String == level } == count)
        }
    }

    @Test
    func `A libvirt that cannot be reached is a finding, not an exit code of its own`() throws {
        let (answer, status) = try answer("--connect", Self.nowhere)
        #expect(status == 1)
        #expect(answer.levels(.daemonReachable) == ["fail"])
        #expect(answer.levels(.daemonWritable) == ["fail"])
        #expect(answer.levels(.libvirtVersion) == ["ok"])
        let found = try #require(answer.findings.first { $0.check == "daemon-reachable" })
        #expect(found.message.contains("/nonexistent/libvirt-sock"))
        #expect(found.remedy?.contains("start libvirtd or virtqemud") == true)
    }

    @Test
    func `Another kind of guests has no watchdog`() throws {
        let (answer, status) = try answer("--connect", "test:///default")
        #expect(status == 1)
        #expect(answer.levels(.daemonReachable) == ["ok"])
        #expect(answer.levels(.daemonWritable) == ["ok"])
        #expect(answer.levels(.emulator) == ["fail"])
    }

    @Test
    func `A daemon that hangs is said not to answer`() throws {
        // A socket that takes connections and never speaks.
        let folder = try TemporaryFolder()
        let path = folder.url.appending(path: "sock").path
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length)
            }
        }
        try #require(code == 0 && listen(descriptor, 5) == 0)
        let (answer, status) = try answer("-c", "qemu+unix:///system?socket=\(path)")
        #expect(status == 1)
        let found = try #require(answer.findings.first { $0.check == "daemon-reachable" })
        #expect(found.level == "fail")
        #expect(found.message.contains("no answer within 10 seconds"))
        #expect(answer.levels(.daemonWritable) == ["fail"])
    }

    @Test
    func `The policy that is named is checked, and gives away no secret`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "agent.properties", "keystore.passphrase=canary\nvm.watchdog.action=rest\n")
        let (answer, status) = try answer("-c", Self.nowhere, "--properties", file.path)
        #expect(status == 1)
        #expect(answer.levels(.propertiesFile) == ["fail"])
        let text = try Tool.run("doctor", "-c", Self.nowhere, "--properties", file.path).text
        #expect(text.contains("agent.properties:2:20: error: vm.watchdog.action"))
        #expect(!text.contains("canary") && !text.contains("keystore"))
        chmod(file.path, 0o666)
        let byEnvironment = try Tool.run(
            "doctor", "--json", "-c", Self.nowhere,
            environment: ["VIRT_WATCHDOG_PROPERTIES": file.path])
        let open = try JSONDecoder().decode(Answer.self, from: byEnvironment.output)
        #expect(open.levels(.propertiesMode) == ["fail"])
        let named = try self.answer("-c", Self.nowhere, "--properties", file.path)
        #expect(named.0.levels(.propertiesMode) == ["warn"])
    }

    @Test
    func `Text has a line a finding, its remedy below it, and the sum at the end`() throws {
        let outcome = try Tool.run("doctor", "-c", Self.nowhere)
        #expect(outcome.status == 1)
        #expect(outcome.error.isEmpty)
        let lines = outcome.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.last == "")
        let (answer, _) = try answer("-c", Self.nowhere)
        var expected: [String] = []
        for finding in answer.findings {
            expected.append("\(finding.level) \(finding.check) \(finding.message)")
            if let remedy = finding.remedy { expected.append("-> \(remedy)") }
        }
        let shown = lines.dropLast(2).map {
            String($0).replacing(/^(ok|warn|fail) +([a-z-]+) +/) {
                "\($0.output.1) \($0.output.2) "
            }
            .replacing(/^ +->/) { _ in "->" }
        }
        #expect(shown == expected)
        let verdict = try #require(lines.dropLast().last)
        #expect(verdict.hasPrefix("virt-watchdog cannot work on this host: "))
        #expect(verdict.contains("\(answer.summary["fail"] ?? 0) failures"))
    }

    @Test
    func `Log lines cannot steer the terminal`() {
        let hostile = "a\u{1B}[2J\u{202E}b\nok log"
        let text = Diagnosis([.warn(.refusals, hostile, remedy: hostile)]).text(width: nil)
        #expect(text.split(separator: "\n").count == 3)
        #expect(!text.contains("\u{1B}") && !text.contains("\u{202E}"))
    }

    @Test
    func `The verdict counts in words that fit`() {
        func verdict(_ findings: Finding...) -> Substring? {
            Diagnosis(findings).text(width: nil).split(separator: "\n").last
        }
        let (ok, warn, fail) = (
            Finding.ok(.log, "a"), Finding.warn(.log, "b", remedy: "c"),
            Finding.fail(.log, "d", remedy: "e")
        )
        #expect(verdict(ok) == "virt-watchdog can work on this host: 1 ok.")
        #expect(verdict(ok, ok, warn) == "virt-watchdog can work on this host: 2 ok, 1 warning.")
        #expect(
            verdict(fail, warn, warn, ok)
                == "virt-watchdog cannot work on this host: 1 failure, 2 warnings, 1 ok.")
        #expect(verdict(fail, fail) == "virt-watchdog cannot work on this host: 2 failures.")
    }

    @Test
    func `A finding is one line that cannot steer the terminal`() {
        let finding = Finding.warn(.log, "a\nb\u{1B}[2J", remedy: "c\r\u{202E}")
        #expect(finding.message == "a\\nb\\u{1b}[2J")
        #expect(finding.remedy == "c\\r\\u{202e}")
    }

    // MARK: The width

    @Test(arguments: [60, 80, 100, 132])
    func `Lines wrap below the start of their text, and commands stay whole`(_ width: Int) {
        let message = (1...40).map { "word\($0)" }.joined(separator: " ")
        let command =
            "sudo chown root:root /etc/libvirt/hooks/qemu && sudo chmod 0755 /etc/libvirt/hooks/qemu"
        let diagnosis = Diagnosis([
            .warn(.hookSeen, message, remedy: "\(message): \(command), and \(message)"),
            .fail(.hookFile, message, remedy: command), .ok(.log, message),
        ])
        let lines = diagnosis.text(width: width).split(separator: "\n").map(String.init)
        #expect(lines.count > 10)
        #expect(lines.allSatisfy { $0.count <= width || $0.contains("sudo") })
        #expect(lines.count { $0.contains(command) } == 2)
        let text = diagnosis.text(width: nil)
        #expect(text.split(separator: "\n").count == 6)
        func words(_ text: String) -> [Substring] { text.split { $0 == " " || $0 == "\n" } }
        #expect(words(lines.joined(separator: "\n")) == words(text))
        let column = "warn  hook-seen         ".count
        for line in lines
        where !line.contains("  -> ") && !line.contains("hook") && line != lines.last {
            let indentation = line.prefix { $0 == " " }.count
            #expect([0, 9, column].contains(indentation), "\(line)")
        }
    }

    @Test(arguments: [1, 20, 40])
    func `A narrow terminal loses no word`(_ width: Int) {
        let message = (1...20).map { "word\($0)" }.joined(separator: " ")
        let text = Diagnosis([.warn(.log, message, remedy: message)]).text(width: width)
        #expect(text.split { " \n".contains($0) }.filter { $0.hasPrefix("word") }.count == 40)
    }

    @Test
    func `On a terminal, lines are as wide as it is`() throws {
        let script = try #require(Command.find("script"))
        let tool = try #require(Repository.tool, Tool.needs)
        let run = "stty cols 70; '\(tool)' doctor -c '\(Self.nowhere)'"
        let outcome = try Command(
            script, ["-qec", run, "/dev/null"],
            environment: [
                "LC_ALL": "C", "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "NO_COLOR": "1",
            ]
        ).run()
        let lines = outcome.text.split(whereSeparator: \.isNewline)
        #expect(lines.contains { $0.hasPrefix("      -> ") })
        #expect(
            lines.filter { !$0.contains("sudo") && !$0.contains("/") }.allSatisfy { $0.count <= 70 }
        )
        let piped = try Tool.run("doctor", "-c", Self.nowhere).text.split(separator: "\n")
        #expect(lines.count > piped.count)
    }

    // MARK: The locale

    @Test(arguments: [("C", false), ("C.UTF-8", true)])
    func `Without UTF-8, the output is ASCII`(_ locale: String, _ isUTF8: Bool) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "ü\(String(repeating: "x", count: 5)).properties", "vm.watchdog.action=rését\n")
        let outcome = try Tool.run(
            "doctor", "-c", Self.nowhere, "--properties", file.path, environment: ["LC_ALL": locale]
        )
        #expect(outcome.text.contains("ü") == isUTF8)
        #expect(outcome.text.contains("\\u{fc}") == !isUTF8)
        #expect(outcome.text.utf8.allSatisfy { $0 < 128 } == !isUTF8)
    }

    // MARK: Colours

    /// Runs the tool on a terminal.
    private func textOnTerminal(_ environment: [String: String]) throws -> String {
        let script = try #require(Command.find("script"))
        let tool = try #require(Repository.tool, Tool.needs)
        let base = ["LC_ALL": "C", "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"]
        return try Command(
            script, ["-qec", "'\(tool)' doctor -c '\(Self.nowhere)'", "/dev/null"],
            environment: base.merging(environment) { $1 }
        ).run().text
    }

    @Test
    func `Colours are for a terminal that wants them`() throws {
        let coloured = try textOnTerminal(["TERM": "xterm"])
        #expect(coloured.contains("\u{1B}[31mfail\u{1B}[0m  daemon-reachable"))
        #expect(coloured.contains("\u{1B}[32mok\u{1B}[0m    libvirt-version"))
        #expect(try textOnTerminal(["TERM": "xterm", "NO_COLOR": ""]).contains("\u{1B}"))
        for forbidding in [["TERM": "xterm", "NO_COLOR": "1"], ["TERM": "dumb"]] {
            let plain = try textOnTerminal(forbidding)
            #expect(plain.contains("daemon-reachable"))
            #expect(!plain.contains("\u{1B}"), "\(forbidding)")
        }
        let piped = try Tool.run("doctor", "-c", Self.nowhere, environment: ["TERM": "xterm"])
        #expect(!piped.text.contains("\u{1B}"))
    }

    /// When output is in colour.
    @Test(
        arguments: [
            (true, nil, "xterm", true), (true, nil, nil, true), (true, "1", "xterm", false),
            (true, nil, "dumb", false), (false, nil, "xterm", false),
        ] as [(Bool, String?, String?, Bool)])
    func `Whether to use colours is decided from three things`(
        _ onTerminal: Bool, _ noColor: String?, _ term: String?, _ isColoured: Bool
    ) {
        #expect(
            Style.isColoured(onTerminal: onTerminal, noColor: noColor, term: term) == isColoured)
    }

    // MARK: Users

    @Test(
        .enabled(
            if: Repository.runs(where: Repository.isRoot), "needs root, to become another user"))
    func `For an ordinary user, an unreadable check is a warning`() throws {
        let folder = try TemporaryFolder()
        let tool = try #require(Repository.tool, Tool.needs)
        let copy = folder.url.appending(path: "virt-watchdog").path
        try FileManager.default.copyItem(atPath: tool, toPath: copy)
        let file = try folder.write("agent.properties", "vm.watchdog.action=reset\n")
        chmod(file.path, 0o600)
        let outcome = try Command(
            try #require(Command.find("setpriv")),
            [
                "--reuid=65534", "--regid=65534", "--clear-groups", copy, "doctor", "--json", "-c",
                Self.nowhere, "--properties", file.path,
            ], environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin", "HOME": "/"]
        ).run()
        #expect(outcome.status == 1)
        #expect(outcome.error.isEmpty)
        let answer = try JSONDecoder().decode(Answer.self, from: outcome.output)
        #expect(answer.levels(.propertiesFile) == ["warn"])
        let found = try #require(answer.findings.first { $0.check == "properties-file" })
        #expect(found.remedy?.contains("sudo virt-watchdog doctor") == true)
        #expect(answer.levels(.refusals).allSatisfy { $0 == "warn" })
    }
}
