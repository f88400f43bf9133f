// SPDX-License-Identifier: Apache-2.0

import Foundation
import System
import TestSupport
import Testing

/// Events of directories and files.
struct DirectoryWatchTests {
    private let folder: TemporaryFolder
    private let watch: DirectoryWatch

    init() throws {
        folder = try TemporaryFolder()
        watch = try DirectoryWatch()
    }

    private func path(_ name: String) -> String { folder.url.path + "/" + name }

    @Test
    func `Changes in a directory are reported with their names`() throws {
        let events = UInt32(IN_CREATE | IN_DELETE | IN_MOVED_TO)
        let number = try #require(watch.add(folder.url.path, events))
        #expect(watch.read().isEmpty)
        #expect(Poll.readable(among: [watch.descriptor], timeout: .zero).isEmpty)
        mkdir(path("new"), 0o700)
        rename(path("new"), path("a longer name é"))
        rmdir(path("a longer name é"))
        #expect(Poll.readable(among: [watch.descriptor], timeout: .zero) == [watch.descriptor])
        let directory = UInt32(IN_ISDIR)
        #expect(
            watch.read() == [
                .init(watch: number, mask: UInt32(IN_CREATE) | directory, name: "new"),
                .init(
                    watch: number, mask: UInt32(IN_MOVED_TO) | directory, name: "a longer name é"),
                .init(watch: number, mask: UInt32(IN_DELETE) | directory, name: "a longer name é"),
            ])
        #expect(watch.read().isEmpty)
    }

    @Test
    func `A single file reports that it was opened`() throws {
        let file = try folder.write("file", "").path
        let number = try #require(watch.add(file, UInt32(IN_OPEN)))
        #expect(try File.read(file, limit: 1).isEmpty)
        #expect(watch.read() == [.init(watch: number, mask: UInt32(IN_OPEN))])
    }

    @Test
    func `A watch ends when it is removed, and where nothing is there is none`() throws {
        #expect(watch.add(path("missing"), UInt32(IN_OPEN)) == nil)
        let number = try #require(watch.add(folder.url.path, UInt32(IN_CREATE)))
        watch.remove(number)
        mkdir(path("new"), 0o700)
        #expect(watch.read() == [.init(watch: number, mask: UInt32(IN_IGNORED))])
    }

    @Test
    func `Lost events are reported`() throws {
        let limit = try String(
            contentsOfFile: "/proc/sys/fs/inotify/max_queued_events", encoding: .utf8)
        let count = try #require(Int(limit.trimmingCharacters(in: .newlines)))
        let files = try ["a", "b"].map { try folder.write($0, "").path }
        for file in files { _ = try #require(watch.add(file, UInt32(IN_OPEN))) }
        // The kernel counts an event only once while it is the last one.
        for index in 0...count { close(open(files[index % 2], O_RDONLY)) }
        let events = watch.read()
        #expect(events.count == count + 1)
        #expect(events.last?.isOverflow == true)
        #expect(events.last?.watch == -1)
        #expect(events.dropLast().allSatisfy { !$0.isOverflow })
    }
}
