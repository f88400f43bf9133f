// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WatchdogPolicy

/// The command `virt-watchdog config`: shows the policy in force.
struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the policy in force and its sources.",
        discussion: "Exit status: 0 the file has no errors; 1 it has errors.")

    @OptionGroup(visibility: .private) var unused: UnusedOptions<Config>
    @OptionGroup var policy: PolicyOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let report = policy.report()
        if json {
            try StandardOutput.print(json: Answer(report))
        } else {
            try StandardOutput.print(text(of: report))
        }
        if report.hasErrors { throw ExitCode.notAsWanted }
    }

    private func text(of report: PolicyReport) -> String {
        var table = Table("SETTING", "VALUE", "FROM")
        for setting in report.settings {
            table.add(setting.key.rawValue, escaped(setting.text), setting.origin(in: report))
        }
        let head = report.file.map { "policy file: \(escaped($0))" } ?? "policy file: none"
        let problems = report.problems.map { printable($0.line(in: report.file ?? "")) }
        let verdict =
            report.policy.fault == nil
            ? [] : ["Until you fix the errors, virt-watchdog changes no guest."]
        return ([head, table.text] + problems + verdict).joined(separator: "\n")
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

        struct Problem: Encodable {
            @Nullable var line: Int?
            @Nullable var column: Int?
            var severity: String
            var message: String
        }

        @Nullable var file: String?
        var settings: [String: Setting]
        var raw: [String: String]
        var problems: [Problem]

        init(_ report: PolicyReport) {
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
            raw = Dictionary(
                report.raw.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
            problems = report.problems.map { problem in
                Problem(
                    line: problem.position?.line, column: problem.position?.column,
                    severity: problem.severity.rawValue, message: problem.message)
            }
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
