import HostSystem
import WatchdogPolicy

/// The checks `properties-file` and `properties-mode`: the policy can be read and understood, and
/// only root can change it.
enum PropertiesFile {
    /// Checks the file that a report is about, if there is one.
    static func findings(_ report: PolicyReport, on host: LocalHost) -> [Finding] {
        guard let file = report.file else {
            return [
                .ok(
                    .propertiesFile,
                    "there is no agent.properties; the built-in policy is in force:"
                        + " \(report.policy.model) with action \(report.policy.action.rawValue)")
            ]
        }
        return contents(report, file, on: host) + mode(file, on: host)
    }

    private static func contents(
        _ report: PolicyReport, _ file: String, on host: LocalHost
    ) -> [Finding] {
        let findings = report.problems.map { problem -> Finding in
            let message = problem.line(in: file)
            if problem.severity == .warning {
                return .warn(.propertiesFile, message, remedy: "mend \(shellWord(file))")
            }
            if isClosed(file, to: host) {
                return .warn(.propertiesFile, message, remedy: LocalHost.readAsRoot)
            }
            return .fail(
                .propertiesFile, message,
                remedy: "mend \(shellWord(file)); until then guests are left alone")
        }
        if !findings.isEmpty { return findings }
        var message = "\(shellWord(file)) is in order"
        if host.layout.chosenProperties != nil {
            message += "; it was named for this tool, and the hook does not read it"
        } else if let other = host.layout.properties.first(where: { $0 != file }),
            (try? FileStatus(of: other)) != nil
        {
            message += "; \(shellWord(other)) is not read beside it"
        }
        return [.ok(.propertiesFile, message)]
    }

    /// Whether a file is readable, but not for this user.
    private static func isClosed(_ file: String, to host: LocalHost) -> Bool {
        guard host.user != host.administrator else { return false }
        do throws(Errno) {
            _ = try readRegularFile(file, limit: 1)
            return false
        } catch {
            return error == .notPermitted
        }
    }

    private static func mode(_ file: String, on host: LocalHost) -> [Finding] {
        guard let status = try? FileStatus(of: file) else { return [] }
        let name = shellWord(file)
        let ways = status.exposure(administrator: host.administrator)
        if !ways.isEmpty {
            return [
                .warn(
                    .propertiesMode,
                    "\(name) \(ways.joined(separator: " and ")): who can change it decides what"
                        + " becomes of every guest",
                    remedy: "sudo chown root \(name) && sudo chmod go-w \(name)")
            ]
        }
        let real = (try? realPath(of: file)) ?? file
        for parent in [folder(of: file), folder(of: real)] {
            let ways =
                (try? FileStatus(of: parent))?.folderExposure(administrator: host.administrator)
                ?? []
            if !ways.isEmpty {
                let place = shellWord(parent)
                return [
                    .warn(
                        .propertiesMode,
                        "\(name) can be replaced by others than root: its folder \(place)"
                            + " \(ways.joined(separator: " and "))",
                        remedy: "sudo chown root \(place) && sudo chmod go-w \(place)")
                ]
            }
        }
        return [.ok(.propertiesMode, "only root can change \(name) (mode \(status.octalMode))")]
    }
}
