// SPDX-License-Identifier: Apache-2.0

import Host
import System
import SystemPackage

extension Installation {
    /// Puts the hook, a first policy file, and the files of a tree in their places.
    ///
    /// - Parameter tree: The tree with the programs; `nil` where a package has installed them.
    func installFiles(from tree: String?) throws(SetupError) {
        let hooks = Hooks(of: host)
        if let folder = hooks.closedFolder {
            print("This user cannot read \(folder): as root, the hook may go to another place.")
        }
        let target = HookTarget(among: hooks, on: host)
        try target.check()
        if let version = libvirtVersion { try target.check(against: version) }
        try checkSELinux()

        let source = tree ?? host.root
        if !dryRun { try tryProgram(source + hook, for: target.path) }
        var files =
            try tree.map { tree throws(SetupError) in
                try InstalledFile.all(below: tree).filter { !isOfHost($0.place) }
            } ?? []
        var packaged: [InstalledFile] = []
        if host.hasLinkedHook(to: hook) {
            packaged.append(try InstalledFile(host.path(target.path), place: target.path))
        } else {
            files.append(try InstalledFile(source + hook, place: target.path))
        }
        if let policy = try firstPolicy(below: source) { files.append(policy) }
        if tree == nil {
            for program in [prefix + "/bin/virt-watchdog", hook, service] {
                packaged.append(try InstalledFile(host.path(program), place: program))
            }
        }

        step("Installing" + (host.root.isEmpty ? "" : " into \(host.root)"))
        let isDisabled =
            Hooks(of: host).ours.first { $0.nominalPath == target.path }?.isRun == false
        // A failed installation can be removed, since the manifest comes first.
        let obsolete = try writeManifest(files, packaged, keepsFiles: tree == nil)
        for file in files {
            print("    \(file.place)")
            try put(file)
        }
        for place in obsolete where host.has(place) {
            print("    \(place) is no part of this version, and is removed")
            try change(place) { path throws(Errno) in try FileChange.removeFile(path) }
        }
        if isDisabled {
            print("\(target.path) was not executable. It is now: libvirt runs the hook again.")
        }
        if !SecurityModules.folders.contains(FilePath(service).removingLastComponent().string) {
            print("Where AppArmor confines libvirtd, the hook may not start programs in \(prefix).")
        }
    }

    /// Whether `setup` itself decides on the file of a place, whatever a tree has there.
    private func isOfHost(_ place: String) -> Bool {
        place.hasPrefix(Paths.hooks + "/") || place == Self.properties || place == manifest
    }

    /// Returns the policy file to install; `nil` if the host has one, or the programs come without one.
    private func firstPolicy(below source: String) throws(SetupError) -> InstalledFile? {
        let policy = source + prefix + "/share/virt-watchdog/agent.properties"
        guard !Paths().properties.contains(where: host.has), (try? Stat(policy)) != nil
        else { return nil }
        return try InstalledFile(policy, place: Self.properties)
    }

    /// Checks that SELinux lets libvirt run the hook: otherwise no guest starts.
    private func checkSELinux() throws(SetupError) {
        guard isLive else { return }
        let daemons = LibvirtDaemons(
            running: LibvirtDaemon.running(on: host), isReachable: false)
        guard let finding = SecurityModules.selinuxFinding(daemons, on: host),
            finding.level == .fail
        else { return }
        throw .securityModule(finding)
    }

    // MARK: The manifest

    /// - Returns: The files of an earlier installation that are not among the new ones.
    private func writeManifest(
        _ files: [InstalledFile], _ packaged: [InstalledFile], keepsFiles: Bool
    ) throws(SetupError) -> [String] {
        guard !dryRun else { return [] }
        let earlier = Manifest(at: host.path(manifest)) ?? Manifest()
        var list = Manifest()
        for entry in earlier.entries
        where keepsFiles || entry.kind == .folder || entry.path == Self.properties {
            list.add(entry)
        }
        for file in packaged where list.entry(file.place)?.kind != .file {
            list.add(Manifest.Entry(kind: .package, checksum: file.checksum, path: file.place))
        }
        for file in files {
            list.add(Manifest.Entry(kind: .file, checksum: file.checksum, path: file.place))
            try makeFolder(FilePath(file.place).removingLastComponent().string, notedIn: &list)
        }
        try makeFolder(FilePath(manifest).removingLastComponent().string, notedIn: &list)
        let text = list.text
        try change(manifest) { path throws(Errno) in
            try NewFile(path + ".new", Array(text.utf8), mode: 0o644).move(to: path)
        }
        return earlier.entries.filter {
            $0.kind == .file && list.entry($0.path) == nil && owns($0)
                && !$0.path.hasPrefix(Paths.hooks + "/")
        }.map(\.path)
    }

    private func makeFolder(_ path: String, notedIn list: inout Manifest) throws(SetupError) {
        guard (try? Stat(host.path(path)))?.type != .directory else { return }
        if path == "/" {
            try makeRoot(host.root)
            return
        }
        try makeFolder(FilePath(path).removingLastComponent().string, notedIn: &list)
        try change(path) { path throws(Errno) in try FileChange.makeDirectory(path) }
        list.add(Manifest.Entry(kind: .folder, checksum: "-", path: path))
    }

    /// Creates the tree itself, which the manifest does not name.
    private func makeRoot(_ path: String) throws(SetupError) {
        guard (try? Stat(path))?.type != .directory else { return }
        try makeRoot(FilePath(path).removingLastComponent().string)
        try SetupError.wrapping(path) { () throws(Errno) in try FileChange.makeDirectory(path) }
    }

    // MARK: A file

    /// Writes a file beside its place, then renames it: libvirt may run the hook at any moment.
    private func put(_ file: InstalledFile) throws(SetupError) {
        guard !dryRun else { return }
        let isHook = file.place.hasPrefix(Paths.hooks + "/")
        let temporary = try checkedPath(Self.temporaryPlace(of: file.place))
        let new = try SetupError.wrapping(temporary) { () throws(Errno) in
            try NewFile(temporary, file.contents, mode: file.mode)
        }
        if isHook { try tryHook(temporary, for: file.place) }
        try change(file.place) { path throws(Errno) in try new.move(to: path) }
        if program("restorecon") != nil {
            run("restorecon", [host.path(file.place)])
        }
    }

    /// The path of a file until it is renamed to its place.
    private static func temporaryPlace(of place: String) -> String {
        let isHook = place.hasPrefix(Paths.hooks + "/")
        // libvirt runs all that can be executed in qemu.d.
        let directory = isHook ? Paths.hooks : FilePath(place).removingLastComponent().string
        return "\(directory)/.\(place.split(separator: "/").last ?? "").new"
    }

    /// Runs a new hook before anything is changed, unless nothing can be executed there.
    private func tryProgram(_ path: String, for place: String) throws(SetupError) {
        if (try? Stat(path)) != nil, !File.forbidsExecution(at: path) {
            try tryHook(path, for: place)
        }
    }

    /// Runs the hook in its least operation, before libvirt would run it.
    private func tryHook(_ path: String, for place: String) throws(SetupError) {
        let trial = Program(path, ["guest", "stopped", "end", "-"])
        var attempts = 100
        let status: Int32
        while true {
            do throws(ProgramError) {
                status = try trial.run(within: .seconds(10)).status
                break
            } catch .cannotStart(.textFileBusy) where attempts > 0 {
                // A new process of another thread holds the file open until it executes its program.
                attempts -= 1
                _ = Poll.readable(among: [], timeout: .milliseconds(20))
            } catch {
                throw .brokenHook(place: place, reason: "\(error)")
            }
        }
        if status != 0 { throw .brokenHook(place: place, reason: "exit status \(status)") }
    }

    // MARK: Removing

    /// Removes the files of the manifest, except a changed policy and other hooks.
    func removeFiles(of list: Manifest) throws(SetupError) {
        step("Removing")
        for entry in list.entries.filter({ $0.kind == .file }).sorted(by: isRemovedBefore)
        where host.has(entry.path) {
            if (try? Stat(host.path(entry.path), followTargetSymlink: false))?.type == .directory {
                print("    \(entry.path) is a directory now and stays")
            } else if entry.path == Self.properties, checksum(of: entry.path) != entry.checksum {
                print("    \(entry.path) was changed and stays")
            } else if entry.path.hasPrefix(Paths.hooks + "/"),
                HookFile.Maker(of: host.path(entry.path)) != .us
            {
                print("    \(entry.path) is another hook now and stays")
            } else {
                print("    \(entry.path)")
                try change(entry.path) { path throws(Errno) in try FileChange.removeFile(path) }
            }
        }
        // A setup that was killed leaves one behind.
        for entry in list.entries where entry.kind == .file && !dryRun {
            guard let path = try? checkedPath(Self.temporaryPlace(of: entry.path)) else { continue }
            try? FileChange.removeFile(path)
        }
        try change(manifest) { path throws(Errno) in try FileChange.removeFile(path) }
        let folders = list.entries.filter { $0.kind == .folder }.map(\.path).sorted(by: >)
        for folder in folders where !dryRun {
            // One with other files in it stays.
            guard let path = try? checkedPath(folder) else { continue }
            try? FileChange.removeDirectory(path)
        }
    }

    /// The hook goes first: libvirt must not run it without the other files.
    private func isRemovedBefore(_ left: Manifest.Entry, _ right: Manifest.Entry) -> Bool {
        func isHook(_ entry: Manifest.Entry) -> Bool { entry.path.hasPrefix(Paths.hooks + "/") }
        return isHook(left) != isHook(right) ? isHook(left) : left.path < right.path
    }

    private func checksum(of path: String) -> String? {
        try? InstalledFile(host.path(path), place: path).checksum
    }
}
