import Foundation
import System
import TestSupport
import Testing

/// The kinds of files, and the contents of directories.
struct FileStatusTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func path(_ name: String) -> String { folder.url.appending(path: name).path }

    @Test func `Kind, mode, owner and time are those of stat`() throws {
        let file = try folder.write("file", "text").path
        chmod(file, 0o4751)
        let status = try FileStatus(of: file)
        #expect(status.kind == .regular)
        #expect(status.mode == 0o4751)
        #expect(status.owner == geteuid())
        let age = Duration.seconds(Date().timeIntervalSince1970) - status.changed
        #expect(age > .seconds(-5) && age < .seconds(600))
        #expect(try FileStatus(of: folder.url.path).kind == .folder)
        #expect(try FileStatus(of: "/dev/null").kind == .other)
    }

    @Test func `A link is followed or not`() throws {
        let file = try folder.write("file", "text").path
        symlink(file, path("link"))
        symlink("/nonexistent", path("nowhere"))
        #expect(try FileStatus(of: path("link")).kind == .regular)
        #expect(try FileStatus(of: path("link"), followsLinks: false).kind == .link)
        #expect(throws: Errno.noSuchFileOrDirectory) { try FileStatus(of: path("nowhere")) }
        #expect(try linkTarget(of: path("link")) == file)
        #expect(try realPath(of: path("link")) == realPath(of: file))
        #expect(throws: Errno.noSuchFileOrDirectory) { try realPath(of: path("nowhere")) }
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
        #expect(entries.last?.target?.mode == 0o600, "asked for by the bytes of its name")
    }

    @Test func `Entries have their own kind and the kind of their target`() throws {
        symlink("/nonexistent", path("nowhere"))
        symlink("/", path("root"))
        let entries = try DirectoryEntry.all(in: folder.url.path)
        #expect(entries.map(\.status.kind) == [.link, .link])
        #expect(entries.map(\.target?.kind) == [nil, .folder])
        #expect(throws: Errno.noSuchFileOrDirectory) { try DirectoryEntry.all(in: path("missing")) }
        #expect(throws: Errno.notADirectory) { try DirectoryEntry.all(in: "/dev/null") }
    }

    @Test
    func `A regular file is read from its start or its end, and no other kind is read`() throws {
        let file = try folder.write("file", "0123456789").path
        #expect(try readRegularFile(file, limit: 100) == Array("0123456789".utf8))
        #expect(try readRegularFile(file, limit: 3, fromEnd: true) == Array("789".utf8))
        #expect(
            try readRegularFile(file, limit: 100, fromEnd: true) == Array("0123456789".utf8))
        try #require(mkfifo(path("fifo"), 0o600) == 0)
        #expect(try readRegularFile(path("fifo"), limit: 3) == nil)
        #expect(try readRegularFile("/dev/zero", limit: 3) == nil)
        #expect(try readRegularFile("/", limit: 3) == nil)
        #expect(throws: Errno.noSuchFileOrDirectory) {
            try readRegularFile(path("missing"), limit: 3)
        }
        #expect(try readRegularFile("/proc/self/comm", limit: 100)?.isEmpty == false)
    }
}
