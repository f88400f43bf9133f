// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import System

/// The log of a libvirt daemon from its start on.
///
/// Whenever libvirt looks for hooks, it logs a warning about each file that cannot be executed.
struct DaemonLog {
    /// A message and its time since 1970.
    private struct Line {
        var time: Duration
        var text: Substring
    }

    /// libvirt puts its version before its first message.
    private static let firstMessage = "libvirt version: "
    private static let warning = "Non-executable hook script "
    /// The longest log file to read, in bytes.
    private static let maximumLength = 4 << 20
    /// The level of a warning; an output with a higher level lacks it.
    private static let warningLevel = 3

    private let lines: [Line]

    /// Reads the log, from the daemon's own file or from the journal.
    ///
    /// - Returns: `nil` if the log does not start with the daemon, may lack warnings, or cannot be read.
    init?(of daemon: LibvirtDaemon, on host: LocalHost) {
        guard Self.hasWarnings(daemon, on: host) else { return nil }
        let texts = Self.fileTexts(of: daemon, on: host).lazy.map { Self.lines(ofFile: $0) }
        for lines in texts {
            if let lines = Self.since(daemon, lines) {
                self.lines = lines
                return
            }
        }
        guard let lines = Self.since(daemon, Self.journalLines(of: daemon, on: host)) else {
            return nil
        }
        self.lines = lines
    }

    /// Returns when the daemon last found that a hook could not be executed.
    ///
    /// - Parameter path: The hook's path from the host's root.
    func lastRejection(of path: String) -> Duration? {
        lines.last { $0.text.hasSuffix(Self.warning + path) }?.time
    }

    /// Returns the lines from the daemon's first message on.
    private static func since(_ daemon: LibvirtDaemon, _ lines: [Line]) -> [Line]? {
        lines.firstIndex { line in
            line.time >= daemon.started - .seconds(1) / Clock.ticksPerSecond
                && line.text.contains(firstMessage)
        }.map { Array(lines[$0...]) }
    }

    /// Returns whether the daemon's configuration lets it log warnings.
    private static func hasWarnings(_ daemon: LibvirtDaemon, on host: LocalHost) -> Bool {
        let file = "/etc/libvirt/\(daemon.name).conf"
        guard host.has(file) else { return true }
        guard let text = host.text(file) else { return false }
        return text.split(separator: "\n").allSatisfy { line in
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { return true }
            // Each part of a value is LEVEL:NAME, and the level may be all.
            let levels = parts[1].split { " \"'\t".contains($0) }.compactMap { part in
                part.split(separator: ":").first.flatMap { Int($0) }
            }
            return switch parts[0].filter({ !$0.isWhitespace }) {
            case "log_level", "log_outputs", "log_filters":
                levels.allSatisfy { $0 <= warningLevel }
            default: true
            }
        }
    }

    /// Returns the lines with a message that matters.
    private static func messages(in text: String) -> [Substring] {
        text.split(separator: "\n").filter { $0.contains(firstMessage) || $0.contains(warning) }
    }

    // MARK: A file

    /// Returns the texts of the log files that the daemon has open.
    private static func fileTexts(of daemon: LibvirtDaemon, on host: LocalHost) -> [String] {
        let folder = "/proc/\(daemon.id)/fd"
        let entries = (try? DirectoryEntry.all(in: host.path(folder))) ?? []
        return entries.compactMap { entry in
            guard let file = try? File.linkTarget(of: host.path("\(folder)/\(entry.name)")),
                file.hasPrefix("/"), file.hasSuffix(".log"),
                let bytes = try? File.readRegular(host.path(file), limit: maximumLength),
                bytes.count < maximumLength
            else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// Returns lines as `2026-11-27 17:48:12.447+0000: 87: warning : virHookCheck:161 : TEXT`.
    private static func lines(ofFile text: String) -> [Line] {
        messages(in: text).compactMap { line in
            guard
                let match = line.prefixMatch(of: #/([0-9-]+) ([0-9:]+)\.([0-9]{3})\+0000: /#)?
                    .output,
                let date = try? Date("\(match.1)T\(match.2)Z", strategy: .iso8601),
                let milliseconds = Int(match.3)
            else { return nil }
            return Line(
                time: .seconds(date.timeIntervalSince1970) + .milliseconds(milliseconds),
                text: line.dropFirst(match.0.count))
        }
    }

    // MARK: The journal

    /// Returns lines as `1795801692.447000 host libvirtd[321]: TEXT`.
    private static func journalLines(of daemon: LibvirtDaemon, on host: LocalHost) -> [Line] {
        let arguments = [
            "_PID=\(daemon.id)", "--since", "@\(daemon.started.components.seconds)", "-o",
            "short-unix", "-q", "--no-pager",
        ]
        guard let outcome = try? host.program("journalctl", arguments)?.run(within: .seconds(10)),
            outcome.status == 0, outcome.output.count < Program.outputLimit
        else { return [] }
        return messages(in: String(decoding: outcome.output, as: UTF8.self)).compactMap { line in
            line.split(separator: " ", maxSplits: 1).first.flatMap { Double($0) }.map {
                Line(time: .seconds($0), text: line)
            }
        }
    }
}
