// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Host
import System
import SystemPackage
import WatchdogPolicy

/// The options of `setup` and `unsetup`.
struct SetupOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Change the tree DIR, and nothing outside of it.", valueName: "dir"),
        completion: .directory)
    var destdir: String?

    @Option(
        help: ArgumentHelp("The directory of bin, sbin and share.", valueName: "dir"),
        completion: .directory)
    var prefix = FilePath(Paths.service).removingLastComponent().removingLastComponent().string

    @Flag(help: "Do not reload libvirt's daemon.")
    var noReload = false

    @Flag(help: "Leave the service virt-watchdogd alone.")
    var noService = false

    @Flag(help: "Say what would be done, and do nothing.")
    var dryRun = false

    func validate() throws {
        if !prefix.hasPrefix("/") || prefix.unicodeScalars.contains(where: \.isDisruptive) {
            throw ValidationError("--prefix needs an absolute path, not \(quoted(prefix)).")
        }
        guard let destdir else { return }
        if Self.trimmed(destdir).isEmpty {
            throw ValidationError(
                "--destdir needs the directory of a tree, not \(quoted(destdir)); leave it out to install"
                    + " on this host.")
        }
        if !destdir.hasPrefix("/"), (try? File.realPath(of: ".")) == nil {
            throw ValidationError(
                "--destdir needs an absolute path: the present directory is gone.")
        }
    }

    /// The installation that the options describe.
    var installation: Installation {
        let root = destdir.map { Self.absolute($0) } ?? ""
        var host = LocalHost(root: root, paths: Paths(root: root))
        host.administrator = 0
        return Installation(
            host: host, prefix: Self.trimmed(prefix), isLive: root.isEmpty, dryRun: dryRun)
    }

    /// A path from the root, without a slash at its end; the root itself is empty.
    static func absolute(_ path: String) -> String {
        let path = trimmed(path)
        guard !path.isEmpty, !path.hasPrefix("/") else { return path }
        let current = (try? File.realPath(of: ".")) ?? ""
        return "\(trimmed(current))/\(path)"
    }

    private static func trimmed(_ path: String) -> String {
        var path = path
        while path.hasSuffix("/") { path.removeLast() }
        return path
    }
}
