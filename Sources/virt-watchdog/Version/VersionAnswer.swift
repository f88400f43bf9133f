// SPDX-License-Identifier: Apache-2.0

import Host
import Libvirt
import Protector
import WatchdogPolicy

/// The output of `version --json`. Every key is always present.
struct VersionAnswer: Encodable {
    /// A program of virt-watchdog.
    struct Part: Encodable, Hashable {
        @Nullable var path: String?
        @Nullable var version: String?
        /// Why the version is unknown.
        @Nullable var problem: String?

        init(_ program: ProgramVersion) {
            (path, version, problem) = (program.path, program.version, program.problem)
        }
    }

    /// The running service.
    struct Running: Encodable, Hashable {
        @Nullable var version: String?
        @Nullable var process: Int32?
        /// Why the version is unknown.
        @Nullable var problem: String?

        init(_ presence: ServicePresence) {
            version = presence.state?.version
            process = presence.state?.process
            switch presence {
            case .absent: problem = "not running"
            case .present: problem = nil
            case .unreadable(let reason): problem = reason
            }
        }
    }

    /// libvirt's daemon, and QEMU.
    struct Daemon: Encodable, Hashable {
        @Nullable var uri: String?
        @Nullable var version: String?
        @Nullable var problem: String?
    }

    let tool: String
    let hook: Part
    let service: Part
    let runningService: Running
    let libvirtLibrary: String
    let libvirtDaemon: Daemon
    @Nullable var qemu: String?
    /// A line for each program of another version than the tool's.
    let mismatches: [String]

    /// Asks the programs of a host.
    init(of host: LocalHost, _ daemon: DaemonVersions) {
        self.init(
            hook: .hook(on: host), service: .service(on: host),
            running: ServicePresence(in: host.path(ServiceFile.directory)), daemon)
    }

    init(
        tool: String = Paths.version, hook: ProgramVersion, service: ProgramVersion,
        running: ServicePresence, _ daemon: DaemonVersions
    ) {
        self.tool = tool
        self.hook = Part(hook)
        self.service = Part(service)
        runningService = Running(running)
        libvirtLibrary = Connection.libraryVersion.description
        libvirtDaemon = Daemon(
            uri: daemon.uri, version: daemon.libvirt, problem: daemon.problem)
        qemu = daemon.emulator
        mismatches = [
            ("the hook", hook.version, LocalHost.installAgain),
            ("the service's program", service.version, LocalHost.installAgain),
            ("the running service", running.state?.version, "sudo \(ServiceState.restart)"),
        ].compactMap { name, version, remedy in
            guard let version, version != tool else { return nil }
            return "\(name) has version \(version), and this tool \(tool); run \(remedy)"
        }
    }

    /// The versions as a table, and the mismatches.
    var text: String {
        var table = Table("PROGRAM", "VERSION", "NOTE")
        for row in [
            ["virt-watchdog", tool, ""],
            ["virt-watchdog-hook", hook.version, hook.note],
            ["virt-watchdogd", service.version, service.note],
            ["running service", runningService.version, runningService.note],
            ["libvirt library", libvirtLibrary, ""],
            ["libvirt daemon", libvirtDaemon.version, libvirtDaemon.note],
            ["QEMU", qemu, ""],
        ] {
            table.add(cells: row.map { Table.Cell(printable($0 ?? "-")) })
        }
        let lines = mismatches.map { $0.prefix(1).uppercased() + $0.dropFirst() + "." }
        return ([table.text] + lines).joined(separator: "\n")
    }
}

extension VersionAnswer.Part {
    fileprivate var note: String { problem ?? path ?? "" }
}

extension VersionAnswer.Running {
    fileprivate var note: String { problem ?? process.map { "process \($0)" } ?? "" }
}

extension VersionAnswer.Daemon {
    fileprivate var note: String { problem ?? uri ?? "" }
}
