// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The systemd unit of the service.
struct ServiceUnitTests {
    /// A line of the unit: its section, its key and its value.
    private struct Setting: Hashable {
        var section: String
        var key: String
        var value: String
    }

    private static let file = Repository.root
        .appending(path: "hooks/systemd/virt-watchdogd.service")

    private let settings: [Setting]

    init() throws {
        var section = ""
        var settings: [Setting] = []
        for line in try String(contentsOf: Self.file, encoding: .utf8).split(separator: "\n") {
            if line.hasPrefix("[") {
                section = String(line.dropFirst().dropLast())
            } else if !line.hasPrefix("#") {
                let sign = try #require(line.firstIndex(of: "="), "\(line)")
                settings.append(
                    Setting(
                        section: section, key: String(line[..<sign]),
                        value: String(line[line.index(after: sign)...])))
            }
        }
        self.settings = settings
    }

    private func values(_ section: String, _ key: String) -> [String] {
        settings.filter { $0.section == section && $0.key == key }.map(\.value)
    }

    @Test(arguments: [
        ("Unit", "Before", "libvirtd.service virtqemud.service", "it is there for the first guest"),
        ("Unit", "StartLimitIntervalSec", "0", "it is restarted however often it ends"),
        ("Service", "Type", "notify", "systemd knows when it serves"),
        ("Service", "NotifyAccess", "main", "no other process speaks for it"),
        ("Service", "ExecStart", "/usr/sbin/virt-watchdogd", "install.sh replaces this path"),
        ("Service", "ExecReload", "+/bin/kill -HUP $MAINPID", "the sandbox executes no kill"),
        ("Service", "WatchdogSec", "30", "a service that hangs is restarted"),
        ("Service", "Restart", "always", "also where a signal from elsewhere ended it"),
        ("Service", "RestartSec", "500ms", "guests that start meanwhile wait for a one-shot"),
        ("Service", "Environment", "LIBVIRT_AUTOSTART=0", "libvirt's library starts no daemon"),
        ("Service", "RuntimeDirectory", "libvirt/virt-watchdog", "systemd makes it writable"),
        ("Service", "RuntimeDirectoryPreserve", "yes", "'runs' must outlive a restart"),
        ("Service", "CapabilityBoundingSet", "", "it needs none"),
        ("Service", "NoNewPrivileges", "yes", "it gains none"),
        (
            "Service", "NoExecPaths", "/ -/dev/shm -/run/libvirt/virt-watchdog",
            "it executes nothing, least of all a file that it can write"
        ),
        ("Service", "ReadOnlyPaths", "/run", "ProtectControlGroups would leave it writable"),
        ("Service", "RestrictAddressFamilies", "AF_UNIX", "libvirt, the log and systemd are local"),
        ("Install", "WantedBy", "multi-user.target", "it starts with the host"),
    ])
    func `A setting has its value`(
        _ section: String, _ key: String, _ value: String, _ reason: String
    ) {
        #expect(values(section, key) == [value], "\(reason)")
    }

    @Test
    func `The service cannot write to its own program`() {
        #expect(!values("Service", "ExecPaths").isEmpty)
        #expect(values("Service", "ExecPaths") == values("Service", "BindReadOnlyPaths"))
    }

    @Test(arguments: [
        "Wants", "Requires", "Requisite", "BindsTo", "PartOf", "Upholds", "After", "Conflicts",
        "OnFailure",
    ])
    func `The service depends on no unit`(_ key: String) {
        #expect(values("Unit", key).isEmpty, "virtqemud.service conflicts with libvirtd.service")
    }

    @Test(arguments: [
        ("PrivateUsers", "root's files would have another owner"),
        ("ProtectProc", "QEMU's entries in /proc would be hidden"),
        ("ProcSubset", "the boot's ID in /proc/sys would be hidden"),
        ("User", "libvirt's socket and the policy are root's"),
    ])
    func `No setting would break the service`(_ key: String, _ reason: String) {
        #expect(values("Service", key).isEmpty, "\(reason)")
    }

    private static let analyze = Command.find("systemd-analyze")

    @Test(.enabled(if: Repository.runs(where: analyze != nil), "needs systemd-analyze"))
    func `systemd rates its exposure as 3 at most`() throws {
        let outcome = try Command(
            #require(Self.analyze),
            ["--offline=yes", "--no-pager", "security", "--threshold=30", Self.file.path]
        ).run()
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
        #expect(outcome.text.contains("Overall exposure level for virt-watchdogd.service"))
    }

    @Test(.enabled(if: Repository.runs(where: analyze != nil), "needs systemd-analyze"))
    func `systemd finds no fault in the unit`() throws {
        // systemd wants the program to be there.
        let unit = try String(contentsOf: Self.file, encoding: .utf8)
            .replacing("/usr/sbin/virt-watchdogd", with: "/bin/sh")
        let folder = try TemporaryFolder()
        let copy = try folder.write("virt-watchdogd.service", unit)
        let outcome = try Command(
            #require(Self.analyze), ["--man=no", "--generators=no", "verify", copy.path]
        ).run()
        let said = (outcome.text + outcome.errorText).split(separator: "\n")
            .filter { $0.contains("virt-watchdogd") }
        #expect(said.isEmpty)
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
    }
}
