// SPDX-License-Identifier: Apache-2.0

import Foundation
import Host
import System
import TestSupport
import Testing
import WatchdogPolicy

/// Whose files are trusted, and by which ways.
struct ExposureTests {
    private let folder: TemporaryFolder
    private var users: [UInt32] { [0, geteuid()] }

    init() throws {
        folder = try TemporaryFolder()
        // Whatever the umask.
        chmod(folder.url.path, 0o755)
    }

    private func path(_ name: String) -> String { folder.url.path + "/" + name }

    @discardableResult
    private func file(_ name: String, mode: mode_t = 0o644) throws -> String {
        let file = try folder.write(name, "").path
        chmod(file, mode)
        chmod((file as NSString).deletingLastPathComponent, 0o755)
        return file
    }

    /// Where it leads, or how it is exposed.
    private func way(to path: String) throws -> String {
        do throws(PathError) {
            return try TrustedPath.resolve(path, trusting: users)
        } catch .exposed(let exposure) {
            return "\(exposure.place) \(exposure.way)"
        } catch .system(let error) {
            return "\(error)"
        } catch .dangling(let link) {
            return "\(link) leads to nothing"
        }
    }

    @Test(arguments: [mode_t(0o600), 0o640, 0o644, 0o755])
    func `Modes as CloudStack and install.sh set them are trusted`(mode: mode_t) throws {
        let file = try file("etc/agent.properties", mode: mode)
        #expect(try way(to: file) == File.realPath(of: file))
    }

    @Test(arguments: [mode_t(0o020), 0o002])
    func `A file or directory that others can write to is not trusted`(more: mode_t) throws {
        let file = try file("a/b/agent.properties")
        for (name, mode) in [("a/b/agent.properties", mode_t(0o644)), ("a/b", 0o755), ("a", 0o755)]
        {
            chmod(path(name), mode | more)
            #expect(
                try way(to: file).hasPrefix("\(File.realPath(of: path(name))) can be written by"))
            chmod(path(name), mode)
        }
        #expect(try way(to: file) == File.realPath(of: file))
    }

    @Test func `Links are followed where only trusted users can set them`() throws {
        let real = try File.realPath(of: file("real/agent.properties"))
        try file("links/x")
        symlink("../real", path("links/relative"))
        symlink(folder.url.path + "/./real/", path("links/absolute"))
        symlink("relative/agent.properties", path("links/file"))
        for name in ["relative/agent.properties", "absolute/agent.properties", "file"] {
            #expect(try way(to: path("links/" + name)) == real)
        }
        symlink("loop", path("links/loop"))
        #expect(try way(to: path("links/loop")).contains("symbolic links"))
        symlink("/nowhere", path("links/nowhere"))
        #expect(
            try way(to: path("links/nowhere")) == File.realPath(of: path("links"))
                + "/nowhere leads to nothing")
        #expect(try way(to: path("links/relative/missing")).contains("No such file"))
        // A file may lie in a sticky folder of everybody's, and a link may not.
        chmod(path("links"), 0o1777)
        #expect(try way(to: path("links/file")).contains("is a symbolic link in a directory"))
        #expect(try way(to: path("links/x")) == File.realPath(of: path("links/x")))
    }

    @Test func `A relative path starts at the current directory`() throws {
        #expect(try way(to: "./Package.swift") == File.realPath(of: "Package.swift"))
    }

    @Test func `A fix is a correctly quoted shell command, or absent`() throws {
        func remedy(in name: String) throws -> String {
            let file = try file(name + "/agent.properties")
            chmod(path(name), 0o777)
            do throws(PathError) {
                _ = try TrustedPath.resolve(file, trusting: users)
            } catch .exposed(let exposure) {
                return exposure.remedy
            }
            return ""
        }
        let hostile = "x'; touch ${HOME}pwned; '"
        let word = "'" + path(hostile).replacing("'", with: #"'\''"#) + "'"
        #expect(try remedy(in: hostile) == "sudo chown root \(word) && sudo chmod go-w \(word)")
        let long = String(repeating: "n", count: 200)
        #expect(try remedy(in: long).hasSuffix("/\(long)"))
        #expect(try !remedy(in: "a\u{1B}[2J").contains("chmod"))
    }

    @Test(.enabled(if: Repository.runs(where: Repository.isRoot), "needs root"))
    func `Another user's file is not trusted, and the user's own file is`() throws {
        let file = try file("a/agent.properties")
        symlink("agent.properties", path("a/link"))
        for name in ["a/agent.properties", "a", "a/link"] {
            lchown(path(name), 65534, 0)
            let target = path(name == "a/link" ? "a/link" : "a/agent.properties")
            #expect(
                try way(to: target).contains("of the user 65534")
                    || way(to: target)
                        .contains("belongs to the user 65534")
            )
            lchown(path(name), 0, 0)
        }
        chown(file, 65534, 0)
        #expect(try TrustedPath.resolve(file, trusting: [0, 65534]) == File.realPath(of: file))
    }

    @Test func `The policy of an exposed file leaves guests alone, and names the fix`() throws {
        let paths = Paths(root: folder.url.path)
        let file = try file("etc/virt-watchdog/agent.properties")
        #expect(PolicyLoader.load(paths).policy.fault == nil)
        chmod(file, 0o666)
        let fault = try #require(PolicyLoader.load(paths).policy.fault)
        #expect(fault.contains("can be written by everybody (mode 0666)"))
        #expect(fault.contains("sudo chown root \(file) && sudo chmod go-w \(file)"))
        var chosen = Paths(root: folder.url.path, chosenProperties: file)
        #expect(PolicyLoader.load(chosen).policy.fault == nil, "its user's own affair")
        chosen.trustsChosenProperties = false
        #expect(PolicyLoader.load(chosen).policy.fault?.contains("0666") == true)
    }
}
