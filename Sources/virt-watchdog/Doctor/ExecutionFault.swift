// SPDX-License-Identifier: Apache-2.0

import Host
import System
import SystemPackage

/// The reason why libvirt cannot run a hook.
struct ExecutionFault: Hashable {
    /// The guests that fail to start.
    enum Reach: Hashable {
        /// All guests.
        case all
        /// The guests of `qemu:///session`, whose daemons do not run as root.
        case sessions
    }

    /// The cause as a clause.
    var reason: String
    /// The fix as an imperative clause.
    var remedy: String
    /// The guests that fail to start.
    var reach = Reach.all

    /// Returns the fault of a hook, without executing it.
    ///
    /// - Parameters:
    ///   - path: A regular file with an executable bit.
    ///   - searchPath: The directories of programs for libvirt's hooks, as in `PATH`.
    static func find(_ path: String, searchPath: String, on host: LocalHost) -> ExecutionFault? {
        Search(host: host, searchPath: searchPath).hookFault(at: path)
    }
}

extension ExecutionFault {
    /// The `PATH` of a daemon that systemd starts.
    static let usualSearchPath =
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// Returns the `PATH` that a daemon passes to hooks.
    static func searchPath(of daemons: LibvirtDaemons, on host: LocalHost) -> String {
        for daemon in daemons.running {
            guard let text = host.text("/proc/\(daemon.id)/environ") else { continue }
            let path = text.split(separator: "\0").first { $0.hasPrefix("PATH=") }
            // The C library's default.
            return path.map { String($0.dropFirst("PATH=".count)) } ?? "/bin:/usr/bin"
        }
        return usualSearchPath
    }
}

extension ExecutionFault.Reach {
    /// The effect of a hook that cannot run, as a sentence without its full stop.
    var effect: String {
        switch self {
        case .all:
            "No guest starts, and libvirt kills running guests at its next restart"
        case .sessions:
            "Guests of qemu:///session do not start, and their libvirt kills running guests at its"
                + " next restart"
        }
    }
}

/// A search along the programs that the kernel and `env` start for a hook.
private struct Search {
    let host: LocalHost
    let searchPath: String

    /// The number of nested interpreters that the kernel follows.
    private static let maximumDepth = 5

    func hookFault(at path: String) -> ExecutionFault? {
        guard let bytes = read(path), let status = try? Stat(path) else { return nil }
        if File.forbidsExecution(at: path) {
            return ExecutionFault(
                reason: "its file system is mounted noexec", remedy: "mount it without noexec")
        }
        if BinaryFormats(of: host).include(path, bytes) { return nil }
        guard let line = InterpreterLine(bytes) else { return programFault(bytes, path) }
        if let fault = lineFault(line, path) ?? interpreterFault(line, path, depth: 1) {
            return fault
        }
        if status.permissions.rawValue & 0o005 == 0o001 {
            return ExecutionFault(
                reason: "its mode \(status.octalMode) lets other users execute it, but their"
                    + " interpreter cannot read it",
                remedy: "sudo chmod 0755 \(path.shellWord)", reach: .sessions)
        }
        return nil
    }

    private func read(_ path: String) -> [UInt8]? {
        (try? File.readRegular(path, limit: HookFile.Maker.maximumLength)) ?? nil
    }

    // MARK: programs

    /// Returns the fault of a file without an interpreter line.
    private func programFault(_ bytes: [UInt8], _ path: String) -> ExecutionFault? {
        let replace = "install it again"
        guard !bytes.isEmpty else {
            return ExecutionFault(reason: "it is empty", remedy: "write it, or remove it")
        }
        guard bytes.starts(with: ELFFile.magic) else {
            let isMarked = bytes.starts(with: [0xEF, 0xBB, 0xBF]) || bytes.prefix(64).contains(0)
            return ExecutionFault(
                reason: isMarked
                    ? "a byte order mark or a NUL byte stands before its interpreter line"
                    : "it has no interpreter line",
                remedy: isMarked
                    ? "save it as UTF-8 without a byte order mark"
                    : "begin its first line with #! and its interpreter, such as #!/bin/sh")
        }
        let file: ELFFile
        do throws(ELFFile.Problem) { file = try ELFFile(bytes) } catch {
            return ExecutionFault(reason: "it is a damaged program", remedy: replace)
        }
        if let own = ELFFile.Target.ofThisHost, !own.runs(file.target) {
            return ExecutionFault(
                reason: "it is a program for another architecture",
                remedy: "install the one for this architecture")
        }
        guard file.isExecutable else {
            return ExecutionFault(
                reason: "it is a library or an object file, not a program", remedy: replace)
        }
        if let loader = file.interpreter, (try? Stat(host.path(loader))) == nil {
            return ExecutionFault(
                reason: "its dynamic loader \(loader.shellWord) is missing",
                remedy: "install the package with the loader, or the program for this host")
        }
        return nil
    }

    // MARK: interpreters

    private func lineFault(_ line: InterpreterLine, _ path: String) -> ExecutionFault? {
        if line.endsWithCarriageReturn {
            return ExecutionFault(
                reason:
                    "its interpreter line ends with CR LF: the CR becomes a part of its last word",
                remedy: "sudo sed -i 's/\\r$//' \(path.shellWord)")
        }
        if line.program.isEmpty {
            return ExecutionFault(
                reason: "its interpreter line names no interpreter, or is too long",
                remedy: "name one behind #!, such as #!/bin/sh")
        }
        return nil
    }

    /// Returns the fault of the programs that interpret a script.
    private func interpreterFault(
        _ line: InterpreterLine, _ path: String, depth: Int
    ) -> ExecutionFault? {
        if let fault = fault(ofInterpreter: line.program, depth: depth) { return fault }
        guard line.program.split(separator: "/").last == "env", let argument = line.argument,
            let search = EnvironmentSearch(argument)
        else { return nil }
        guard let program = find(search.program, in: search.searchPath ?? searchPath) else {
            let isGlued = search.program.contains { $0.isWhitespace }
            return ExecutionFault(
                reason: "its interpreter \(search.program.shellWord) is missing:"
                    + " env does not find it in libvirt's PATH",
                remedy: isGlued
                    ? "write env -S before an interpreter with arguments"
                    : "install it, or name an interpreter by its path")
        }
        return fault(ofInterpreter: program, depth: depth)
    }

    /// Returns the fault of a program that is started for a script.
    private func fault(ofInterpreter name: String, depth: Int) -> ExecutionFault? {
        // libvirt runs in the root directory.
        let path = host.path(name.hasPrefix("/") ? name : "/" + name)
        let install = "install it, or name another interpreter"
        let status: Stat
        do throws(Errno) { status = try Stat(path) } catch {
            // What this user may not look at may be there.
            if error == .permissionDenied { return nil }
            return ExecutionFault(
                reason: "its interpreter \(name.shellWord) is missing", remedy: install)
        }
        guard status.type == .regular, status.permissions.rawValue & 0o111 != 0 else {
            return ExecutionFault(
                reason: "its interpreter \(name.shellWord) is not executable",
                remedy: status.type == .regular
                    ? "sudo chmod 0755 \(path.shellWord)" : install)
        }
        if File.forbidsExecution(at: path) {
            return ExecutionFault(
                reason: "the file system of its interpreter \(name.shellWord) is mounted noexec",
                remedy: "mount it without noexec, or name another interpreter")
        }
        guard let bytes = read(path), !BinaryFormats(of: host).include(path, bytes) else {
            return nil
        }
        let inner: ExecutionFault?
        if let line = InterpreterLine(bytes) {
            guard depth < Self.maximumDepth else {
                return ExecutionFault(
                    reason: "its interpreters are scripts, nested deeper than the kernel follows",
                    remedy: "name a program as the interpreter")
            }
            inner = lineFault(line, path) ?? interpreterFault(line, path, depth: depth + 1)
        } else {
            inner = programFault(bytes, path)
        }
        return inner.map {
            ExecutionFault(
                reason: "its interpreter \(name.shellWord) cannot run: \($0.reason)",
                remedy: $0.remedy, reach: $0.reach)
        }
    }

    /// The path of a program as `env` finds it.
    private func find(_ program: String, in searchPath: String) -> String? {
        if program.contains("/") { return program }
        return searchPath.split(separator: ":", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "/\(program)" : "\($0)/\(program)" }
            .first { candidate in
                guard let status = try? Stat(host.path(candidate)) else { return false }
                return status.type == .regular && status.permissions.rawValue & 0o111 != 0
            }
    }
}
