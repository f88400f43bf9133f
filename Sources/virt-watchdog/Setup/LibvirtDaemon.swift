// SPDX-License-Identifier: Apache-2.0

import System
import SystemPackage

/// A daemon of libvirt that runs guests, as a process.
struct LibvirtDaemon: Hashable {
    /// `libvirtd` or `virtqemud`, which is the unit's name, too.
    var name: String
    /// The number of the process.
    var id: Int32
    /// When it started, in the kernel's ticks since the host started.
    var startTicks: UInt64
    /// When it started, since 1970.
    var started: Duration
    /// The user whose process it is, by number.
    var owner: UInt32

    /// The programs that run QEMU's guests: all of libvirt in one, or a part of it.
    static let names = ["libvirtd", "virtqemud"]

    /// Finds the daemons: by the files in which they note their process, else by their names.
    ///
    /// - Parameter isSession: Whether to look for the daemon of this user instead of the system's.
    static func running(on host: LocalHost, isSession: Bool = false) -> [LibvirtDaemon] {
        let noted = runtimeFolders(isSession: isSession).flatMap { folder in
            names.compactMap { name in
                host.text("\(folder)/\(name).pid").flatMap { text in
                    Int32(text.filter { !$0.isWhitespace })
                }.flatMap { LibvirtDaemon($0, named: name, on: host) }
            }
        }
        if !noted.isEmpty { return unique(noted) }
        let owner = isSession ? host.user : host.administrator
        return processes(on: host) { $0 == owner }
    }

    /// Finds the daemons that serve other users than the administrator, by their names.
    static func ofOtherUsers(on host: LocalHost) -> [LibvirtDaemon] {
        processes(on: host) { $0 != host.administrator }
    }

    private static func processes(
        on host: LocalHost, of isOwner: (UInt32) -> Bool
    ) -> [LibvirtDaemon] {
        let entries = (try? DirectoryEntry.all(in: host.path("/proc"))) ?? []
        return entries.filter { isOwner($0.status.userID.rawValue) }.compactMap { Int32($0.name) }
            .flatMap { id in names.compactMap { LibvirtDaemon(id, named: $0, on: host) } }
            .filter { $0.sharesProcesses(with: host) }
    }

    private static func runtimeFolders(isSession: Bool) -> [String] {
        if !isSession { return ["/run", "/run/libvirt"] }
        return Environment["XDG_RUNTIME_DIR"].map { ["\($0)/libvirt"] } ?? []
    }

    private static func unique(_ daemons: [LibvirtDaemon]) -> [LibvirtDaemon] {
        daemons.enumerated().filter { index, daemon in
            !daemons[..<index].contains(daemon)
        }.map(\.element)
    }

    /// Takes a process for the daemon of that name, if it is one; another may have its old number.
    init?(_ id: Int32, named name: String, on host: LocalHost) {
        guard host.text("/proc/\(id)/comm") == name + "\n",
            let status = host.text("/proc/\(id)/stat").flatMap(ProcessStatus.init(parsing:)),
            let owner = try? Stat(host.path("/proc/\(id)")).userID.rawValue
        else { return nil }
        self.owner = owner
        self.name = name
        self.id = id
        let ticks = status.startTicks
        startTicks = ticks
        let perSecond = Clock.ticksPerSecond
        started =
            host.bootTime + .seconds(ticks / perSecond)
            + .milliseconds(ticks % perSecond * 1000 / perSecond)
    }

    /// Whether the daemon is this host's own: one in a container has process numbers of its own.
    private func sharesProcesses(with host: LocalHost) -> Bool {
        func namespace(_ process: String) -> String? {
            try? File.linkTarget(of: host.path("/proc/\(process)/ns/pid"))
        }
        guard let theirs = namespace("\(id)"), let ours = namespace("self") else { return true }
        return theirs == ours
    }
}
