// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Host
import Protector
import WatchdogPolicy

/// What `status` has read at one time.
struct StatusLook {
    /// The guests, problems first.
    var rows: [StatusRow]
    var report: PolicyReport
    var service: ServicePresence?

    /// The lines below the table.
    var lines: [String] {
        (rows.isEmpty ? [] : StatusSummary(rows).lines)
            + (service.map { [$0.line(under: report.policy.running)] } ?? [])
    }

    /// Returns the exit status, or `nil` if all is well.
    ///
    /// - Parameter acceptUnknown: Whether unknown timers count as well.
    func exitCode(acceptUnknown: Bool) -> ExitCode? {
        if rows.contains(where: \.isMissing) { return .noSuchGuest }
        if rows.contains(where: { isUnknown($0, acceptUnknown) }) { return .cannotTell }
        let hasProblem = rows.contains {
            !$0.verdict.isFine && $0.verdict != .unknown
        }
        return hasProblem || report.hasErrors ? .notAsWanted : nil
    }

    /// Returns whether a guest's state is unknown.
    ///
    /// A stopped QEMU and missing rights are known causes, and no missing agent.
    func isUnknown(_ row: StatusRow, _ acceptUnknown: Bool) -> Bool {
        !row.isRead || row.verdict == .unknown && (!acceptUnknown || row.hasOtherDoubt)
    }
}
