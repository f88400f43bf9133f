import Host
import System
import WatchdogPolicy

/// All that was found on a host.
struct Diagnosis: Encodable {
    /// What each check found, in the order of the checks.
    let findings: [Finding]
    /// How many findings of each level there are.
    let summary: [String: Int]

    /// Counts findings.
    init(_ findings: [Finding]) {
        self.findings = findings
        summary = Dictionary(
            uniqueKeysWithValues: Finding.Level.allCases.map { level in
                (level.rawValue, findings.count { $0.level == level })
            })
    }

    /// Looks at a host.
    ///
    /// - Parameter uri: The daemon to connect to; libvirt's default if none is given.
    init(of host: LocalHost, connectingTo uri: String?) {
        let answers = DaemonAnswers(connectingTo: uri)
        let connection = answers.connection
        let daemons = LibvirtDaemons.running(for: connection, on: host)
        let hooks = Hooks(of: host)
        let versions = LibvirtVersion.Versions(of: connection)
        let report = PolicyLoader.load(host.paths)
        self.init(
            HookChecks.findings(hooks, daemons: daemons, on: host)
                + hooks.ours.flatMap { hook in
                    [HookBuild.finding(hook, on: host), HookLinkage.finding(hook, on: host)]
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

    /// What was found, for a person: a line a finding, its remedy on another, and the sum of it.
    var text: String {
        let width = Check.allCases.map(\.rawValue.count).max() ?? 0
        let lines = findings.flatMap { finding in
            let level = finding.level.rawValue
            let name = finding.check.rawValue
            let line =
                finding.level.painted(level) + String(repeating: " ", count: 6 - level.count)
                + name + String(repeating: " ", count: width - name.count + 2)
                // Whoever may write to the log may have written what is shown of it.
                + printable(finding.message)
            return [line] + (finding.remedy.map { ["      -> \(printable($0))"] } ?? [])
        }
        return (lines + [verdict]).joined(separator: "\n")
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
    /// The level's name in its colour.
    fileprivate func painted(_ text: String) -> String {
        switch self {
        case .ok: Style.good.applied(to: text)
        case .warn: Style.doubtful.applied(to: text)
        case .fail: Style.bad.applied(to: text)
        }
    }
}
