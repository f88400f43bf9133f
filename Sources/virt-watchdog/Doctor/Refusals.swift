import Host
import System
import SystemPackage
import WatchdogPolicy

/// The check `refusals`: the last guests that were not protected, as the log has it.
enum Refusals {
    /// How many lines are shown.
    private static let count = 5
    /// How much of the end of a log file is read.
    private static let tailLength = 256 << 10
    /// How much of a line is shown, in characters.
    private static let lineLength = 600

    /// Looks into the journal, or else into the files that log daemons write.
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
        guard unreadable.isEmpty, host.user == host.administrator else {
            return [
                .warn(
                    .refusals,
                    unreadable.isEmpty
                        ? "the log shows this user no guest that was not protected"
                        : "\(unreadable.joined(separator: ", ")) cannot be read",
                    remedy: LocalHost.readAsRoot)
            ]
        }
        guard journal != nil || !files.isEmpty else {
            return [
                .ok(
                    .refusals,
                    "no log to look into: no journal, no /var/log/syslog, no /var/log/messages")
            ]
        }
        return [.ok(.refusals, "the log has no guest that was not protected")]
    }

    /// The lines of the journal, or nothing where there is none.
    private static func journalLines(on host: LocalHost) -> [String]? {
        // Without one, journalctl says nothing and succeeds.
        guard host.has("/run/log/journal") || host.has("/var/log/journal") else { return nil }
        let arguments = [
            "-t", SystemLog.tag, "-p", "warning", "-n", "\(count)", "--no-pager", "-q",
        ]
        guard let outcome = try? host.program("journalctl", arguments)?.run(within: .seconds(10)),
            outcome.status == 0
        else { return nil }
        // What journalctl has to say of itself starts with dashes.
        return String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
            .filter { !$0.hasPrefix("-- ") }.map(String.init)
    }

    /// The lines of a log file that tell of a guest that was not protected; a file has no severities.
    private static func fileLines(_ path: String) throws(Errno) -> [String] {
        let bytes = try File.readRegular(path, limit: tailLength, fromEnd: true) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            .filter { line in
                line.contains("\(SystemLog.tag)[")
                    && unprotected.contains { line.contains(" \($0) ") }
            }.map(String.init)
    }

    /// What a line of the log has in it when a guest was not protected: see `LogLine`.
    private static let unprotected = [
        "result=refused", "result=failed", "result=unprotected", "result=not-changed",
        "plan=refuse", "plan=cold-plug",
    ]

    /// What to do about a line; it names the guest, where it does.
    private static func remedy(of line: String) -> String {
        if let guest = line.firstMatch(of: /op=\S+ guest="([A-Za-z0-9._-]+)"/)?.output.1 {
            return "see what is in the way: virt-watchdog plan \(guest)"
        }
        return "see what is in the way: virt-watchdog plan"
    }
}
