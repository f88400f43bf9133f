// SPDX-License-Identifier: Apache-2.0

import System
import SystemPackage

/// The check `refusals`: the last guests without protection in the log.
enum Refusals {
    /// The number of lines to show.
    private static let count = 5
    /// The number of bytes to read from the end of a log file.
    private static let tailLength = 256 << 10
    /// The number of characters to show of a line.
    private static let lineLength = 600

    /// Searches the journal, or else the files of log daemons.
    static func findings(on host: LocalHost) -> [Finding] {
        let journal = journalLines(on: host)
        let files = ["/var/log/syslog", "/var/log/messages"].filter { host.has($0) }
        var unreadable: [String] = []
        var lines = journal ?? []
        for file in files where lines.isEmpty {
            do throws(Errno) {
                lines = try fileLines(host.path(file))
            } catch {
                unreadable.append(host.path(file))
            }
        }
        if !lines.isEmpty {
            return lines.suffix(count).map { line in
                .warn(.refusals, String(line.prefix(lineLength)), remedy: remedy(of: line))
            }
        }
        if journal == nil, files.isEmpty { return [withoutLog(on: host)] }
        guard unreadable.isEmpty, host.user == host.administrator else {
            return [
                .warn(
                    .refusals,
                    unreadable.isEmpty
                        ? "the log shows this user no guest without protection"
                        : "cannot read \(unreadable.joined(separator: ", "))",
                    remedy: LocalHost.readAsRoot)
            ]
        }
        return [.ok(.refusals, "the log has no guest without protection")]
    }

    /// Returns the finding for a host without a log to search.
    private static func withoutLog(on host: LocalHost) -> Finding {
        let effect = "guests without protection do not show"
        if hasJournal(on: host) {
            return .warn(
                .refusals, "cannot read the journal: journalctl is missing or fails; \(effect)",
                remedy: "see the error: journalctl -t \(SystemLog.tag)")
        }
        return .warn(
            .refusals,
            "no log found: no journal, no /var/log/syslog, no /var/log/messages; \(effect)",
            remedy: host.hasSystemd
                ? "sudo systemctl restart systemd-journald"
                : "start a log daemon that writes /var/log/syslog, such as rsyslogd")
    }

    /// Returns whether journald has written a file.
    private static func hasJournal(on host: LocalHost) -> Bool {
        ["/run/log/journal", "/var/log/journal"].contains { place in
            let entries = (try? DirectoryEntry.all(in: host.path(place))) ?? []
            return entries.contains { entry in
                let folder = host.path("\(place)/\(entry.name)")
                do throws(Errno) {
                    return try DirectoryEntry.all(in: folder).contains {
                        $0.name.hasSuffix(".journal")
                    }
                } catch {
                    // journalctl shows this user the messages that are for this user.
                    return error == .permissionDenied
                }
            }
        }
    }

    /// Returns the lines of the journal, or `nil` without one.
    private static func journalLines(on host: LocalHost) -> [String]? {
        // Without a journal, journalctl prints nothing and exits 0.
        guard hasJournal(on: host) else { return nil }
        let arguments = [
            "-t", SystemLog.tag, "-p", "warning", "-n", "\(count)", "--no-pager", "-q",
        ]
        guard let outcome = try? host.program("journalctl", arguments)?.run(within: .seconds(10)),
            outcome.status == 0
        else { return nil }
        // journalctl's own messages start with dashes.
        return String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
            .filter { !$0.hasPrefix("-- ") }.map(String.init)
    }

    /// Returns the lines about guests without protection. A log file has no severities.
    private static func fileLines(_ path: String) throws(Errno) -> [String] {
        let bytes = try File.readRegular(path, limit: tailLength, fromEnd: true) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            .filter { line in
                line.contains("\(SystemLog.tag)[")
                    && unprotected.contains { line.contains(" \($0) ") }
            }.map(String.init)
    }

    /// The fields of a ``LogLine`` about a guest without protection.
    private static let unprotected = [
        "result=refused", "result=failed", "result=unprotected", "result=not-changed",
        "plan=refuse", "plan=cold-plug",
    ]

    /// Returns the remedy for a line, for its guest if it names one.
    private static func remedy(of line: String) -> String {
        if let guest = line.firstMatch(of: /op=\S+ guest="([A-Za-z0-9._-]+)"/)?.output.1 {
            return "see the reason: virt-watchdog plan \(guest)"
        }
        return "see the reason: virt-watchdog plan"
    }
}
