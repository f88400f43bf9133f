// SPDX-License-Identifier: Apache-2.0

import System

/// virt-watchdogd as systemd's unit, or as a process that an administrator has started.
struct ServiceUnit {
    /// The installation that the service is part of.
    var installation: Installation

    private static let name = "virt-watchdogd.service"
    /// The seconds that a process gets to end.
    private static let timeout = 5

    /// Enables the unit and starts it anew.
    func start() throws(SetupError) {
        guard installation.isLive else { return }
        guard installation.hasSystemd else {
            installation.step("This host has no systemd: let its init system run, as root")
            installation.print("        \(installation.service) &")
            let old = processes().map { "\($0.id)" }.joined(separator: " ")
            if !old.isEmpty {
                installation.print("    The process \(old) still runs the old file: restart it.")
            }
            return
        }
        installation.step("Starting virt-watchdogd")
        installation.run("systemctl", ["daemon-reload"])
        if isMasked {
            installation.print(
                "    \(Self.name) is masked and stays off: systemctl unmask virt-watchdogd")
            return
        }
        // systemd finds units by name below these two prefixes only.
        let unit =
            ["/usr", "/usr/local"].contains(installation.prefix)
            ? Self.name : "\(installation.prefix)/lib/systemd/system/\(Self.name)"
        guard installation.run("systemctl", ["enable", "--quiet", unit]) == 0,
            installation.run("systemctl", ["restart", Self.name]) == 0
        else { throw .serviceNotStarted }
    }

    private var isMasked: Bool {
        let outcome = try? installation.program("systemctl", ["is-enabled", Self.name])?
            .run(within: .seconds(10))
        return String(decoding: outcome?.output ?? [], as: UTF8.self).hasPrefix("masked")
    }

    /// Disables and stops the unit, then ends the service's other processes.
    ///
    /// - Returns: Whether systemd has disabled the unit.
    func stop() throws(SetupError) -> Bool {
        guard installation.isLive else { return true }
        var isDisabled = true
        if installation.hasSystemd {
            installation.step("Stopping virt-watchdogd")
            isDisabled =
                installation.run("systemctl", ["disable", "--now", "--quiet", Self.name]) == 0
            if !isDisabled {
                StandardError.print(
                    "systemd did not disable \(Self.name): see systemctl is-enabled \(Self.name)")
            }
            let isActive = ["is-active", "--quiet", Self.name]
            if !installation.dryRun, installation.run("systemctl", isActive) == 0 {
                throw .serviceNotStopped
            }
        }
        for process in processes() {
            installation.step("Stopping virt-watchdogd, process \(process.id)")
            guard !installation.dryRun else {
                installation.run("kill", ["\(process.id)"])
                continue
            }
            guard let handle = ProcessHandle(process.id, startTicks: process.startTicks),
                handle.terminate()
            else { continue }
            var seconds = 0
            while handle.isRunning {
                guard seconds < Self.timeout else { throw .processNotEnded(process.id) }
                System.Thread.sleep(seconds: 1)
                seconds += 1
            }
        }
        return isDisabled
    }

    /// Has systemd read its units again, once the unit's file is gone.
    func forget() {
        if installation.hasSystemd { installation.run("systemctl", ["daemon-reload"]) }
    }

    /// The processes of the service's file, also where an upgrade has replaced it. Those of a container
    /// have another mount namespace.
    private func processes() -> [(id: Int32, startTicks: UInt64)] {
        func target(_ process: String, _ file: String) -> String? {
            try? File.linkTarget(of: "/proc/\(process)/\(file)")
        }
        let own = target("self", "ns/mnt")
        let files = [installation.service, installation.service + " (deleted)"]
        return ((try? DirectoryEntry.all(in: "/proc")) ?? []).compactMap { entry in
            guard let id = Int32(entry.name), let file = target(entry.name, "exe"),
                files.contains(file), target(entry.name, "ns/mnt") == own,
                let status = ProcessStatus(of: id)
            else { return nil }
            return (id, status.startTicks)
        }
    }
}
