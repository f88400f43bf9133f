// SPDX-License-Identifier: Apache-2.0

import FuzzSupport

@testable import WatchdogPolicy

/// The properties file, as the hook reads it from a file that others write.
///
/// The input is the file, except bytes 1 to 3: each is replaced by another owner's entry with a
/// secret, in one of the three forms that Java reads. A backslash may glue it to any line.
@c(LLVMFuzzerTestOneInput)
public func testProperties(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = bytes(start, count)
    // libFuzzer learns the secret from comparisons, and then writes it where it is no secret.
    guard !Secret.isIn(input) else { return 0 }
    let file = input.flatMap { Secret.entry(for: $0) ?? [$0] }
    let lines = LineLengths(of: file)

    let properties = Properties(reading: file)
    for entry in properties.entries {
        lines.requirePlace(entry.keyPosition)
        lines.requirePlace(entry.valuePosition)
    }
    for defect in properties.defects { lines.requirePlace(defect) }

    let report = PolicyReport(reading: file, from: "f")
    // Not each time: it takes half of the time.
    if count % 8 == 0 {
        require(
            properties.entries == Properties(reading: file).entries
                && report == PolicyReport(reading: file, from: "f"),
            "read twice, it is not the same")
    }
    checkProblems(of: report, lines)
    checkSettings(of: report, properties, lines)
    if file.count > count { checkSecrecy(of: report) }
    return 0
}

/// An entry that is none of ours, as CloudStack's agent has one.
private enum Secret {
    static let value = Array("hunter2hunter2".utf8)
    private static let entries = "=: ".utf8.map { Array("keystore.passphrase".utf8) + [$0] + value }

    /// The entry that a byte of the input stands for.
    static func entry(for byte: UInt8) -> [UInt8]? {
        (1...3).contains(byte) ? entries[Int(byte) - 1] : nil
    }

    /// Whether a text has it; the library's own search takes ten times as long.
    static func isIn(_ text: [UInt8]) -> Bool {
        text.indices.contains { text[$0] == value[0] && text[$0...].starts(with: value) }
    }
}

private func checkSecrecy(of report: PolicyReport) {
    let shown =
        report.problems.map(\.message) + report.settings.map(\.value)
        + report.settings.compactMap(\.utf8Value)
        + report.raw.flatMap { [$0.key, $0.value] } + [report.policy.fault ?? ""]
    for text in shown {
        require(!Secret.isIn(Array(text.utf8)), "another entry's value: \(text)")
    }
}

private func checkProblems(of report: PolicyReport, _ lines: LineLengths) {
    var last = SourcePosition(line: 0, column: 0)
    for problem in report.problems {
        if let position = problem.position {
            lines.requirePlace(position)
            require(
                (last.line, last.column) <= (position.line, position.column),
                "problems are out of order: \(report.problems)")
            last = position
        }
        let line = problem.line(in: "f")
        require(
            line.firstDisruption == nil,
            "a character that ends or hides a line: \(line.debugDescription)")
        require(line.utf8.count <= 4 << 10, "a problem of \(line.utf8.count) bytes")
    }
    let faults = report.problems.filter { $0.severity == .error }.map { $0.line(in: "f") }
    if let fault = report.policy.fault {
        require(faults.contains(fault), "a fault that is no problem: \(fault)")
    }
}

/// A setting without an entry has its default, and any other has the place that the report names.
private func checkSettings(
    of report: PolicyReport, _ properties: Properties, _ lines: LineLengths
) {
    for setting in report.settings {
        let said = properties.entries.last { $0.key == Array(setting.key.rawValue.utf16) }
        if let position = setting.position {
            lines.requirePlace(position)
            require(position == said?.valuePosition, "the setting is not from there: \(setting)")
            require(said?.isMalformed == false, "an uncertain value is in force: \(setting)")
        } else {
            let builtIn = PolicyReport.builtIn.settings.first { $0.key == setting.key }
            require(setting.value == builtIn?.value, "a value from nowhere: \(setting)")
        }
    }
    for entry in report.raw {
        require(
            entry.key.utf16.starts(with: PolicyKey.prefix.utf16), "another's entry: \(entry)")
    }
}
