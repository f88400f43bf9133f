// SPDX-License-Identifier: Apache-2.0

import Host
import System
import SystemPackage
import WatchdogPolicy

/// The checks `properties-file` and `properties-mode`.
///
/// The policy is readable and valid, and only root can change it.
enum PropertiesFile {
    /// Checks the file of a report.
    static func findings(_ report: PolicyReport, on host: LocalHost) -> [Finding] {
        guard let file = report.file else {
            return [
                .ok(
                    .propertiesFile,
                    "no agent.properties; the built-in policy is in force:"
                        + " \(report.policy.model) with action \(report.policy.action.rawValue)")
            ]
        }
        guard let exposure = exposure(of: file, on: host) else {
            return contents(report, file, on: host) + mode(file)
        }
        let message =
            "\(exposure.place.shellWord) \(exposure.way): other users could change the policy of"
            + " every guest"
        if host.paths.chosenProperties != nil, host.paths.trustsChosenProperties {
            return contents(report, file, on: host)
                + [.warn(.propertiesMode, message, remedy: exposure.remedy)]
        }
        // The hook of a root daemon ignores the file, even if this user may read it.
        return [
            .fail(
                .propertiesFile,
                "\(file.shellWord) is ignored, and no guest is changed: see properties-mode",
                remedy: exposure.remedy),
            .fail(.propertiesMode, message, remedy: exposure.remedy),
        ]
    }

    /// Returns the untrusted part of the file's path, if another user can change it.
    private static func exposure(of file: String, on host: LocalHost) -> UntrustedPath? {
        do throws(PathError) {
            _ = try TrustedPath.resolve(file, trusting: [0, host.administrator])
        } catch .exposed(let exposure) {
            return exposure
        } catch {}
        return nil
    }

    private static func contents(
        _ report: PolicyReport, _ file: String, on host: LocalHost
    ) -> [Finding] {
        let findings = report.problems.map { problem -> Finding in
            let message = problem.line(in: file)
            if problem.severity == .warning {
                return .warn(.propertiesFile, message, remedy: "fix \(file.shellWord)")
            }
            if isClosed(file, to: host) {
                return .warn(.propertiesFile, message, remedy: LocalHost.readAsRoot)
            }
            return .fail(
                .propertiesFile, message,
                remedy: "fix \(file.shellWord); until then, no guest is changed")
        }
        if !findings.isEmpty { return findings }
        var message = "\(file.shellWord) is valid"
        if host.paths.chosenProperties != nil {
            message += "; this tool was told to read it, and the hook does not read it"
        } else if let other = host.paths.properties.first(where: { $0 != file }),
            (try? Stat(other)) != nil
        {
            message += "; \(other.shellWord) is ignored"
        }
        return [.ok(.propertiesFile, message)]
    }

    /// Returns whether the file exists but this user may not read it.
    private static func isClosed(_ file: String, to host: LocalHost) -> Bool {
        guard host.user != host.administrator else { return false }
        do throws(Errno) {
            _ = try File.readRegular(file, limit: 1)
            return false
        } catch {
            return error == .permissionDenied
        }
    }

    private static func mode(_ file: String) -> [Finding] {
        guard let status = try? Stat(file), status.type == .regular else { return [] }
        return [
            .ok(
                .propertiesMode,
                "only root can change \(file.shellWord) (mode \(status.octalMode))")
        ]
    }
}
