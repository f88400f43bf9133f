// SPDX-License-Identifier: Apache-2.0

import Host
import System
import SystemPackage
import WatchdogPolicy

extension Installation {
    /// Prints the commands for guests that already run, and the setting that CloudStack's guests need.
    ///
    /// - Parameter isDone: Whether each step of the installation succeeded.
    func printNextSteps(isDone: Bool) {
        if isLive, isDone, !dryRun {
            step("What to do next")
            for line in [
                "    Guests that start from now on get a watchdog. For those that run already:",
                "        virt-watchdog plan           shows what would be done, and why",
                "        virt-watchdog apply --all    does it",
                "    A guest is reset only if it feeds its watchdog: see GUEST SETUP in"
                    + " virt-watchdog(1).",
            ] {
                print(line)
            }
        }
        if let note = cloudStackNote { print(note) }
    }

    /// The setting that CloudStack's guests need, unless the host has no agent of CloudStack's, or its
    /// policy has the setting.
    var cloudStackNote: String? {
        guard host.hasCloudStackAgent else { return nil }
        let report = PolicyLoader.load(host.paths)
        let isActive = report.policy.action != .none
        guard report.policy.existing != .align || !isActive else { return nil }
        let missing = [
            report.policy.existing == .align ? nil : "vm.watchdog.existing=align",
            isActive ? nil : "vm.watchdog.action=reset",
        ].compactMap { $0 }.joined(separator: " and ")
        let file = report.file ?? host.path(Self.properties)
        return
            "Running guests of CloudStack are not reset: its agent gives them a watchdog with the"
            + " action none, which virt-watchdog keeps; put \(missing) into \(file.shellWord), then run"
            + " virt-watchdog apply --all"
    }
}
