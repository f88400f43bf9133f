// SPDX-License-Identifier: Apache-2.0

import Foundation
import System
import SystemPackage
import TestSupport
import Testing

/// The types of files, and the entries of directories.
struct StatTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func path(_ name: String) -> String { folder.url.appending(path: name).path }

    @Test func `Kind, mode, owner and time are those of stat`() throws {
        let file = try folder.write("file", "text").path
        chmod(file, 0o4751)
        let status = try Stat(file)
        #expect(status.type == .regular)
        #expect(status.permissions.rawValue == 0o4751)
        #expect(status.userID.rawValue == geteuid())
        let age = Duration.seconds(Date().timeIntervalSince1970) - status.changed
        #expect(age > .seconds(-5) && age < .seconds(600))
        #expect(try Stat(folder.url.path).type == .directory)
        #expect(try Stat("/dev/null").type == .characterSpecial)
    }

    @Test func `A link is followed or not`() throws {
        let file = try folder.write("file", "text").path
        symlink(file, path("link"))
        symlink("/nonexistent", path("nowhere"))
        #expect(try Stat(path("link")).type == .regular)
        #expect(try Stat(path("link"), followTargetSymlink: false).type == .symbolicLink)
        #expect(throws: Errno.noSuchFileOrDirectory) { try Stat(path("nowhere")) }
        #expect(try File.linkTarget(of: path("link")) == file)
        #expect(try File.realPath(of: path("link")) == File.realPath(of: file))
        #expect(throws: Errno.noSuchFileOrDirectory) { try File.realPath(of: path("nowhere")) }
    }

    @Test func `A folder is listed by the bytes of its names, as strcmp orders them`() throws {
        for name in ["b", "a", "B", "10", "9", "é", ".hidden", "a b"] {
            try folder.write(name, "")
        }
        let raw = Array((folder.url.path + "/\u{7F}").utf8).dropLast().map { CChar($0) } + [-1, 0]
        close(open(raw, O_CREAT | O_WRONLY, 0o600))
        let entries = try DirectoryEntry.all(in: folder.url.path)
        #expect(
            entries.map(\.name) == [
                ".hidden", "10", "9", "B", "a", "a b", "b", "é", "\u{FFFD}",
            ])
        #expect(
            entries.last?.target?.permissions.rawValue == 0o600,
            "asked for by the bytes of its name")
    }

    @Test func `Entries have their own kind and the kind of their target`() throws {
        symlink("/nonexistent", path("nowhere"))
        symlink("/", path("root"))
        let entries = try DirectoryEntry.all(in: folder.url.path)
        #expect(entries.map(\.status.type) == [.symbolicLink, .symbolicLink])
        #expect(entries.map(\.target?.type) == [nil, .directory])
        #expect(throws: Errno.noSuchFileOrDirectory) { try DirectoryEntry.all(in: path("missing")) }
        #expect(throws: Errno.notDirectory) { try DirectoryEntry.all(in: "/dev/null") }
    }

    @Test
    func `A regular file is read from its start or its end, and no other kind is read`() throws {
        let file = try folder.write("file", "0123456789").path
        #expect(try File.readRegular(file, limit: 100) == Array("0123456789".utf8))
        #expect(try File.readRegular(file, limit: 3, fromEnd: true) == Array("789".utf8))
        #expect(
            try File.readRegular(file, limit: 100, fromEnd: true) == Array("0123456789".utf8))
        try #require(mkfifo(path("fifo"), 0o600) == 0)
        #expect(try File.readRegular(path("fifo"), limit: 3) == nil)
        #expect(try File.readRegular("/dev/zero", limit: 3) == nil)
        #expect(try File.readRegular("/", limit: 3) == nil)
        #expect(throws: Errno.noSuchFileOrDirectory) {
            try File.readRegular(path("missing"), limit: 3)
        }
        #expect(try File.readRegular("/proc/self/comm", limit: 100)?.isEmpty == false)
    }
}
