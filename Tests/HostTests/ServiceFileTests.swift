// SPDX-License-Identifier: Apache-2.0

import Foundation
import Host
import Synchronization
import System
import SystemPackage
import TestSupport
import Testing

/// The file that a service holds locked.
struct ServiceFileTests {
    private let folder: TemporaryFolder
    private var directory: String { folder.url.path + "/libvirt/virt-watchdog" }
    private var path: String { directory + "/service" }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func text() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    /// Asks another program for the lock, as the hook does.
    private func isLockedForOthers() throws -> Bool {
        let script = """
            import fcntl, struct, sys
            lock = struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 0, 0)
            lock = fcntl.fcntl(open(sys.argv[1]), 36, lock)
            print(struct.unpack('hhqqi4x', lock)[0] != fcntl.F_UNLCK)
            """
        return try Command("/usr/bin/python3", ["-c", script, path]).run().text == "True\n"
    }

    @Test
    func `The file is locked from its creation on, and every reader can tell`() throws {
        let file = try ServiceFile(in: directory)
        #expect(file.path == path)
        #expect(ServiceFile.holder(at: path))
        #expect(try isLockedForOthers())
        #expect(try Stat(directory).permissions.rawValue == 0o755)
        #expect(try Stat(path).permissions.rawValue == 0o644)
        #expect(try Stat(folder.url.path + "/libvirt").permissions.rawValue == 0o755)
    }

    @Test
    func `A directory for its user alone becomes readable`() throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let file = try ServiceFile(in: directory)
        #expect(try Stat(directory).permissions.rawValue == 0o755)
        withExtendedLifetime(file) {}
    }

    @Test
    func `A second service is refused until the first one unlocks the file or ends`() throws {
        var first: ServiceFile? = try ServiceFile(in: directory)
        #expect(throws: ServiceFileError.held(path: path)) { try ServiceFile(in: directory) }
        first?.unlock()
        #expect(!ServiceFile.holder(at: path))
        #expect(try !isLockedForOthers())
        try first?.lock()
        #expect(ServiceFile.holder(at: path))
        first = nil
        #expect(!ServiceFile.holder(at: path))
        var second: ServiceFile? = try ServiceFile(in: directory)
        withExtendedLifetime(second) {}
        second = nil
    }

    @Test
    func `The lock of another process counts, and ends with that process`() throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        var other: LockedFile? = try LockedFile(path, name: "service", by: .description)
        #expect(ServiceFile.holder(at: path))
        #expect(throws: ServiceFileError.held(path: path)) { try ServiceFile(in: directory) }
        withExtendedLifetime(other) {}
        other = nil
        #expect(!ServiceFile.holder(at: path))
    }

    @Test
    func `Without a file or behind a symbolic link there is no service`() throws {
        #expect(!ServiceFile.holder(at: path))
        let file = try ServiceFile(in: directory)
        symlink(path, folder.url.path + "/link")
        #expect(!ServiceFile.holder(at: folder.url.path + "/link"))
        withExtendedLifetime(file) {}
    }

    @Test
    func `A text replaces the last one in the same file`() throws {
        let file = try ServiceFile(in: directory)
        func number() throws -> UInt64? {
            try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? UInt64
        }
        let first = try number()
        #expect(ServiceFile.contents(at: path) == "")
        for text in ["short", "a longer text\nof two lines", "s", ""] {
            try file.write(text)
            #expect(try self.text().hasPrefix(text + "\n"))
            #expect(ServiceFile.contents(at: path) == text)
        }
        let longest = String(repeating: "x", count: ServiceFile.maximumLength)
        try file.write(longest + "y")
        #expect(ServiceFile.contents(at: path) == longest)
        #expect(try number() == first)
        #expect(ServiceFile.holder(at: path))
        #expect(ServiceFile.contents(at: directory + "/missing") == nil)
    }

    @Test
    func `A reader gets one text or the other`() throws {
        let file = try ServiceFile(in: directory)
        let texts = ["state=ready guests=12", "state=lost"]
        try file.write(texts[0])
        let isOver = Atomic(false)
        let ended = Atomic(false)
        Thread.detach {
            var index = 0
            while !isOver.load(ordering: .relaxed) {
                try? file.write(texts[index % 2])
                index += 1
            }
            ended.store(true, ordering: .relaxed)
        }
        for _ in 0..<5000 {
            let text = ServiceFile.contents(at: path)
            #expect(text.map { texts.contains($0) } == true, "\(text ?? "nothing")")
        }
        isOver.store(true, ordering: .relaxed)
        #expect(RunningCommand.wait(within: .seconds(20)) { ended.load(ordering: .relaxed) })
    }

    @Test
    func `A symbolic link or another kind of file in the way is refused`() throws {
        let manager = FileManager.default
        try manager.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let target = try folder.write("target", "text").path
        let wrongFile = ServiceFileError.wrongKind(path: path)
        symlink(target, path)
        #expect(throws: wrongFile) { try ServiceFile(in: directory) }
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "text")
        unlink(path)
        mkfifo(path, 0o600)
        #expect(throws: wrongFile) { try ServiceFile(in: directory) }
        unlink(path)
        mkdir(path, 0o755)
        #expect(throws: wrongFile) { try ServiceFile(in: directory) }
        rmdir(path)
        rmdir(directory)
        symlink(folder.url.path, directory)
        let wrongDirectory = ServiceFileError.wrongKind(path: directory)
        #expect(throws: wrongDirectory) { try ServiceFile(in: directory) }
        unlink(directory)
        try manager.copyItem(atPath: target, toPath: directory)
        #expect(throws: wrongDirectory) { try ServiceFile(in: directory) }
    }

    @Test
    func `A directory or file that other users can write to is refused`() throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        chmod(directory, 0o775)
        #expect(throws: ServiceFileError.writable(path: directory)) {
            try ServiceFile(in: directory)
        }
        chmod(directory, 0o755)
        try folder.write("libvirt/virt-watchdog/service", "")
        chmod(path, 0o602)
        #expect(throws: ServiceFileError.writable(path: path)) { try ServiceFile(in: directory) }
    }

    @Test(.enabled(if: Repository.runs(where: Repository.isRoot)))
    func `A directory or file of another user is refused`() throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        chown(directory, 12345, 0)
        #expect(throws: ServiceFileError.foreignOwner(path: directory, user: 12345)) {
            try ServiceFile(in: directory)
        }
        chown(directory, 0, 0)
        try folder.write("libvirt/virt-watchdog/service", "")
        chown(path, 12345, 0)
        let error = ServiceFileError.foreignOwner(path: path, user: 12345)
        #expect(throws: error) { try ServiceFile(in: directory) }
        #expect("\(error)" == "cannot use \(path): user 12345 owns it; remove it")
    }
}
