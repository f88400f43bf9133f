// SPDX-License-Identifier: Apache-2.0

import Host
import WatchdogPolicy

/// The result of all checks on a host.
struct Diagnosis: Encodable {
    /// The findings, in the order of the checks.
    let findings: [Finding]
    /// The number of findings of each level.
    let summary: [String: Int]

    init(_ findings: [Finding]) {
        self.findings = findings
        summary = Dictionary(
            uniqueKeysWithValues: Finding.Level.allCases.map { level in
                (level.rawValue, findings.count { $0.level == level })
            })
    }

    /// Checks a host.
    ///
    /// - Parameter uri: The daemon to connect to, or `nil` for libvirt's default.
    init(of host: LocalHost, connectingTo uri: String?) {
        let answers = DaemonAnswers(connectingTo: uri)
        let connection = answers.connection
        let daemons = LibvirtDaemons.running(for: connection, on: host)
        let hooks = Hooks(of: host)
        let versions = LibvirtVersion.Versions(of: connection)
        let report = PolicyReport(reviewing: host.paths)
        self.init(
            HookChecks.findings(hooks, daemons: daemons, on: host)
                + hooks.ours.flatMap { hook in
                    [HookBuild.finding(hook, on: host)]
                        + (hook.isRun ? [HookLinkage.finding(hook, on: host)] : [])
                }
                + OtherHooks.findings(
                    hooks, version: versions.libvirt,
                    searchPath: ExecutionFault.searchPath(of: daemons, on: host), on: host)
                + [LibvirtVersion.finding(versions, hooks)]
                + SecurityModules.findings(daemons, on: host)
                + [ProtectorFile.finding(on: host)]
                + PropertiesFile.findings(report, on: host)
                + (connection.map { Emulator.findings($0, report.policy) } ?? [])
                + answers.findings
                + [ServiceCheck.finding(on: host, under: report.policy.running)]
                + [LogReachable.finding(on: host)]
                + Refusals.findings(on: host))
    }

    /// Whether guests that start on the host get their watchdog.
    var isSound: Bool { summary[Finding.Level.fail.rawValue] == 0 }

    /// Returns the findings for a person: each with its remedy below it, and a summary.
    ///
    /// - Parameter width: The width to wrap the lines at, or `nil` for a line each.
    func text(width: Int?) -> String {
        (lines(of: findings, width) + Self.lines(verdict, after: "", 0, width))
            .joined(separator: "\n")
    }

    /// Returns the text of the warnings and failures alone.
    func faultsText(width: Int?) -> String {
        lines(of: findings.filter { $0.level != .ok }, width).joined(separator: "\n")
    }

    private func lines(of findings: [Finding], _ width: Int?) -> [String] {
        let column = 2 + (Check.allCases.map(\.rawValue.count).max() ?? 0)
        return findings.flatMap { finding in
            let level = finding.level.rawValue
            let name = finding.check.rawValue
            let head =
                finding.level.painted(level)
                + String(repeating: " ", count: Self.levelWidth - level.count)
                + name + String(repeating: " ", count: column - name.count)
            // Other programs may have written the text that the log shows.
            return Self.lines(
                printable(finding.message), after: head, Self.levelWidth + column, width)
                + (finding.remedy.map { remedy in
                    Self.lines(
                        printable(remedy).keepingCommandsWhole, after: Self.arrow,
                        Self.arrow.count, width)
                } ?? [])
        }
    }

    private static let levelWidth = 6
    private static let arrow = "      -> "
    /// The least room for text beside an indentation; with less, the text goes to the margin.
    private static let leastRoom = 24

    /// Returns a text after a head, in lines that start below its first character.
    private static func lines(
        _ text: String, after head: String, _ indentation: Int, _ width: Int?
    ) -> [String] {
        let text = OutputEncoding.current.shown(text)
        guard let width else { return [(head + text).breakingWithinCommands] }
        // On a narrow terminal, the first line is longer than the others.
        let hanging = width - indentation < leastRoom ? min(arrow.count, indentation) : indentation
        let room = max(width - hanging, leastRoom)
        let margin = String(repeating: " ", count: hanging)
        let first = hanging == indentation ? head : head + "\n" + margin
        return text.folded(to: room).enumerated().map { index, line in
            ((index == 0 ? first : margin) + line).breakingWithinCommands
        }
    }

    private var verdict: String {
        func count(_ level: Finding.Level, _ one: String, _ many: String) -> String? {
            let count = summary[level.rawValue] ?? 0
            return count == 0 ? nil : "\(count) \(count == 1 ? one : many)"
        }
        let (ok, warnings, failures) = (
            count(.ok, "ok", "ok"), count(.warn, "warning", "warnings"),
            count(.fail, "failure", "failures")
        )
        let counts = (isSound ? [ok, warnings] : [failures, warnings, ok]).compactMap { $0 }
        return "virt-watchdog \(isSound ? "can" : "cannot") work on this host:"
            + " \(counts.joined(separator: ", "))."
    }
}

extension Finding.Level {
    /// Returns the level's name in its colour.
    fileprivate func painted(_ text: String) -> String {
        switch self {
        case .ok: Style.good.applied(to: text)
        case .warn: Style.doubtful.applied(to: text)
        case .fail: Style.bad.applied(to: text)
        }
    }
}

extension String {
    /// The character for a space at which no line breaks. ``printable(_:)`` leaves none in a text.
    private static let join: Character = "\0"

    /// The text with each command in one line, which a person can copy.
    ///
    /// A command starts at `sudo` or `kill`, and ends with a comma, a semicolon or the text.
    fileprivate var keepingCommandsWhole: String {
        var isCommand = false
        return split(separator: " ", omittingEmptySubsequences: false).reduce(into: "") {
            text, word in
            let continues = isCommand
            if word == "sudo" || word == "kill" { isCommand = true }
            if !text.isEmpty { text.append(continues ? Self.join : " ") }
            text += word
            if word.hasSuffix(",") || word.hasSuffix(";") { isCommand = false }
        }
    }

    /// The text with spaces again.
    fileprivate var breakingWithinCommands: String {
        replacing(String(Self.join), with: " ")
    }
}
