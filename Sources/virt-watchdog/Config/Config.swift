// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Libvirt
import System
import WatchdogPolicy

/// The command `virt-watchdog config`: shows the policy in force.
struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the policy in force and its sources.",
        discussion: """
            If libvirt answers, counts the guests that each pattern matches.

            Exit status: 0 the file has no errors; 1 it has errors.
            """)

    @OptionGroup var daemon: ConnectionOptions
    @OptionGroup(visibility: .private) var unused: UnusedOutput<Config>
    @OptionGroup var policy: PolicyOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let report = policy.report()
        let counts = PatternCount.counts(in: report.policy, of: guests(for: report.policy))
        if json {
            try StandardOutput.print(json: Answer(report, counts))
        } else {
            try StandardOutput.print(text(of: report, counts))
        }
        if report.hasErrors { throw ExitCode.notAsWanted }
    }

    /// The time limit for the guests' names, in seconds.
    private static let timeout = 3

    /// Returns the names of all guests, or `nil` if libvirt does not answer or no pattern needs
    /// them.
    private func guests(for policy: Policy) -> [String]? {
        if policy.include.isEmpty, policy.exclude.isEmpty { return nil }
        // Without a request, this command starts no daemon.
        if daemon.connect == nil { Connection.forbidAutostart() }
        let uri = (daemon.connect ?? Environment["LIBVIRT_DEFAULT_URI"])
            .map(GuestCompletion.silenced)
        do throws(LibvirtError) {
            return try Connection.answer(within: Self.timeout) { () throws(LibvirtError) in
                try Connection(to: uri, readOnly: true).guests(.all).map(\.name)
            }
        } catch {
            if let uri = daemon.connect {
                StandardError.print("cannot count the guests at \(quoted(uri)): \(error)")
            }
            return nil
        }
    }

    private func text(of report: PolicyReport, _ counts: [PatternCount]) -> String {
        var table = Table("SETTING", "VALUE", "FROM")
        for setting in report.settings {
            table.add(setting.key.rawValue, escaped(setting.text), setting.origin(in: report))
        }
        let head = report.file.map { "policy file: \(escaped($0))" } ?? "policy file: none"
        let problems = report.problems.map { printable($0.line(in: report.file ?? "")) }
        let verdict =
            report.policy.fault == nil
            ? []
            : [
                report.isClosed
                    ? "This user cannot read the policy in force: run virt-watchdog config as root."
                    : "Until you fix the errors, virt-watchdog changes no guest."
            ]
        return ([head, table.text] + text(of: counts) + problems + verdict)
            .joined(separator: "\n")
    }

    /// Returns a table of the patterns with a hint for each that matches no guest.
    private func text(of counts: [PatternCount]) -> [String] {
        var table = Table("PATTERN", "GUESTS", "KEY")
        var hints: [String] = []
        for count in counts {
            guard let matches = count.matches else { return [] }
            let pattern = count.utf8Pattern ?? count.pattern
            table.add(escaped(pattern), "\(matches)", count.key.rawValue)
            if matches == 0 {
                hints.append(
                    "No guest matches \(quoted(pattern)): names are case-sensitive, and guests that"
                        + " do not exist yet do not count.")
            }
        }
        return counts.isEmpty ? [] : ["", table.text] + hints
    }

    private func escaped(_ text: String) -> String {
        WatchdogPolicy.escaped(text, quote: "\"")
    }

    /// The output of `--json`.
    private struct Answer: Encodable {
        struct Setting: Encodable {
            var value: String
            var utf8Value: String?
            var source: String
            var line: Int?
        }

        struct Pattern: Encodable {
            var pattern: String
            var utf8Pattern: String?
            var key: String
            @Nullable var matches: Int?
        }

        @Nullable var file: String?
        var settings: [String: Setting]
        var patterns: [Pattern]
        var raw: [String: String]
        var problems: [PolicyProblem]

        init(_ report: PolicyReport, _ counts: [PatternCount]) {
            file = report.file
            settings = Dictionary(
                uniqueKeysWithValues: report.settings.map { setting in
                    let source = setting.origin(in: report)
                    return (
                        setting.key.rawValue,
                        Setting(
                            value: setting.value, utf8Value: setting.utf8Value, source: source,
                            line: setting.position?.line)
                    )
                })
            patterns = counts.map {
                Pattern(
                    pattern: $0.pattern, utf8Pattern: $0.utf8Pattern, key: $0.key.rawValue,
                    matches: $0.matches)
            }
            raw = Dictionary(
                report.raw.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
            problems = report.problems.map(PolicyProblem.init)
        }
    }
}

extension PolicyReport.Setting {
    /// The value for a person.
    fileprivate var text: String {
        if key == .model, position == nil { return "\(value) (diag288 on s390x)" }
        return utf8Value.map { "\($0) (as UTF-8), \(value) (as ISO 8859-1)" } ?? value
    }

    /// Returns the origin of the value: `file:line`, or `built in`.
    fileprivate func origin(in report: PolicyReport) -> String {
        guard let file = report.file, let position else { return "built in" }
        return "\(file):\(position.line)"
    }
}
