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

    /// The findings for a person: a line each, the remedy on another line, and a summary.
    var text: String { (lines(of: findings) + [verdict]).joined(separator: "\n") }

    /// The text of the warnings and failures alone.
    var faultsText: String {
        lines(of: findings.filter { $0.level != .ok }).joined(separator: "\n")
    }

    private func lines(of findings: [Finding]) -> [String] {
        let width = Check.allCases.map(\.rawValue.count).max() ?? 0
        return findings.flatMap { finding in
            let level = finding.level.rawValue
            let name = finding.check.rawValue
            let line =
                finding.level.painted(level) + String(repeating: " ", count: 6 - level.count)
                + name + String(repeating: " ", count: width - name.count + 2)
                // Other programs may have written the text that the log shows.
                + printable(finding.message)
            return [line] + (finding.remedy.map { ["      -> \(printable($0))"] } ?? [])
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
