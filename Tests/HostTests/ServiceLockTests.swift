// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Host
@testable import System

/// What the hook learns from the service's file.
struct ServiceLockTests {
    private let folder: TemporaryFolder
    private let file: ServiceFile

    init() throws {
        folder = try TemporaryFolder()
        file = try ServiceFile(in: folder.url.path + "/service")
    }

    private func holder(for daemon: Int32 = getpid()) -> ServiceLock.Holder {
        ServiceLock.holder(of: file.path, for: daemon)
    }

    private func follow(_ daemon: String) throws {
        try file.write("version=1\npid=1\ndaemon=\(daemon)\n")
    }

    private static let ticks = ProcessStatus(of: getpid()).map { "\($0.startTicks)" } ?? ""

    @Test func `The service follows the daemon of that process ID and start`() throws {
        try follow("\(getpid())/\(Self.ticks)")
        #expect(holder() == .followsDaemon)
        #expect(holder(for: getppid()) == .followsOther)
        file.unlock()
        #expect(holder() == .none)
        try file.lock()
        #expect(holder() == .followsDaemon)
    }

    @Test(arguments: [
        "\(getpid())/\(ticks)1", "\(getpid())/1", "\(getpid())/", "\(getpid())", "/\(ticks)", "",
        "\(getpid())1/\(ticks)", "-\(getpid())/\(ticks)", "text", "none1",
        "18446744073709551616/\(ticks)",
    ])
    func `A service of another daemon does not answer for this one`(daemon: String) throws {
        try follow(daemon)
        #expect(holder() == .followsOther)
    }

    @Test func `A service that has no daemon yet says so`() throws {
        try follow("none")
        #expect(holder() == .hasNoDaemon)
    }

    @Test func `A file of another form follows no daemon`() throws {
        #expect(holder() == .followsOther)
        for text in ["", "daemon=", "xdaemon=none\n", String(repeating: "x", count: 512)] {
            try file.write(text)
            #expect(holder() == .followsOther)
        }
        let copy = try FileHandle(forUpdating: URL(filePath: file.path))
        try follow("none")
        try copy.write(contentsOf: Data("half".utf8))
        #expect(holder() == .followsOther)
    }

    @Test func `Where there is no such file, no service runs`() throws {
        #expect(ServiceLock.holder(of: folder.url.path + "/missing", for: 1) == .none)
        #expect(ServiceLock.holder(of: folder.url.path, for: 1) == .none)
        try FileManager.default.createSymbolicLink(
            atPath: folder.url.path + "/link", withDestinationPath: file.path)
        try follow("none")
        #expect(ServiceLock.holder(of: folder.url.path + "/link", for: 1) == .none)
    }
}
