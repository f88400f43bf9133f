// SPDX-License-Identifier: Apache-2.0

import Host
import Libvirt
import System
import SystemPackage
import WatchdogPolicy

/// virt-watchdog on a host, or in a tree that will be one's root.
struct Installation {
    /// The host; its root is the tree.
    var host: LocalHost
    /// The directory of `bin`, `sbin` and `share`, from the host's root.
    var prefix: String
    /// Whether the host's processes are those of this system; those of a tree are none.
    var isLive: Bool
    /// Whether to change nothing, and print the changes instead.
    var dryRun = false
    /// The directories in which to find programs of this system.
    var searchPath = Self.usualSearchPath
    /// Takes each line of the report.
    var report: (String) -> Void = { try? StandardOutput.print($0) }

    /// `PATH`, and the directories of the administrator's programs.
    static var usualSearchPath: [String] {
        (Environment["PATH"] ?? "").split(separator: ":").map(String.init)
            + ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    }

    /// The policy file that is installed, unless the host has a policy.
    static let properties = "/etc/virt-watchdog/agent.properties"

    /// The program of the service.
    var service: String { prefix + "/sbin/virt-watchdogd" }
    /// The hook's program, which libvirt runs in another place.
    var hook: String { prefix + "/bin/virt-watchdog-hook" }
    /// The manifest's path.
    var manifest: String { Manifest.path(below: prefix) }

    /// Returns whether an entry of the manifest is in a directory that `setup` writes to.
    func owns(_ entry: Manifest.Entry) -> Bool {
        if entry.kind == .folder { return true }
        return [prefix + "/", Paths.hooks + "/", Self.properties].contains {
            entry.path.hasPrefix($0)
        }
    }

    /// Prints a heading.
    func step(_ text: String) { print("==> \(text)") }

    /// Prints a line.
    func print(_ line: String) { report(printable(line)) }

    /// Finds a program of this system.
    func program(_ name: String, _ arguments: [String] = []) -> Program? {
        for folder in searchPath where folder.hasPrefix("/") {
            let path = "\(folder)/\(name)"
            if let status = try? Stat(path), status.type == .regular,
                !status.permissions.isDisjoint(with: [.ownerExecute, .groupExecute, .otherExecute])
            {
                return Program(path, arguments)
            }
        }
        return nil
    }

    /// Changes something at a path, unless this is a dry run.
    func change(_ path: String, _ body: (String) throws(Errno) -> Void) throws(SetupError) {
        guard !dryRun else { return }
        let path = try checkedPath(path)
        try SetupError.wrapping(path) { () throws(Errno) in try body(path) }
    }

    /// Returns a path of the host, unless a symbolic link leads it out of a tree.
    func checkedPath(_ path: String) throws(SetupError) -> String {
        let place = host.path(path)
        guard !host.root.isEmpty else { return place }
        var directory = FilePath(place).removingLastComponent().string
        while (try? Stat(directory)) == nil, directory.count > host.root.count {
            directory = FilePath(directory).removingLastComponent().string
        }
        guard let root = try? File.realPath(of: host.root),
            let real = try? File.realPath(of: directory)
        else { return place }
        guard real == root || real.hasPrefix(root + "/") else {
            throw .linkOutside(path: place, target: real)
        }
        return place
    }

    /// Runs a program of this system, or prints it in a dry run.
    ///
    /// - Returns: The exit status; `nil` if the program is missing, cannot run, or takes too long.
    @discardableResult
    func run(_ name: String, _ arguments: [String], within limit: Duration = .seconds(90)) -> Int32?
    {
        guard !dryRun else {
            print("would run: \(([name] + arguments).map(\.shellWord).joined(separator: " "))")
            return 0
        }
        guard let outcome = try? program(name, arguments)?.run(within: limit) else { return nil }
        if outcome.status != 0, !outcome.error.isEmpty {
            StandardError.write(lines: String(decoding: outcome.error, as: UTF8.self))
        }
        return outcome.status
    }

    /// Checks that this user may change the host.
    func checkUser() throws(SetupError) {
        guard !isLive || dryRun || host.user == host.administrator else { throw .notRoot }
    }

    /// Checks that libvirt would run a hook of ours.
    func checkHook() throws(SetupError) {
        guard Hooks(of: host).ours.contains(where: \.isRun) else { throw .noHook }
    }

    /// Whether systemd runs the services.
    var hasSystemd: Bool { isLive && host.hasSystemd }

    /// The version of libvirt on this system, as its programs print it; `nil` if there is none.
    var libvirtVersion: Version? {
        for name in LibvirtDaemon.names + ["virsh"] {
            guard let program = program(name, ["--version"]) else { continue }
            let output = (try? program.run(within: .seconds(10)))?.output ?? []
            let text = String(decoding: output, as: UTF8.self)
            guard let match = text.firstMatch(of: /([0-9]+)\.([0-9]+)\.([0-9]+)/)?.output,
                let major = UInt(match.1), let minor = UInt(match.2), let release = UInt(match.3)
            else { return nil }
            return Version(major, minor, release)
        }
        return nil
    }
}
