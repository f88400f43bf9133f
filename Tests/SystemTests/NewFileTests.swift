// SPDX-License-Identifier: Apache-2.0

import Foundation
import System
import SystemPackage
import TestSupport
import Testing

/// Files and directories that are written, put in place and removed.
struct NewFileTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func path(_ name: String) -> String { folder.url.path + "/" + name }

    @Test func `A new file takes the place of the old one with its own permissions`() throws {
        try folder.write("place", "old")
        try folder.write("new", "left behind")
        let file = try NewFile(path("new"), Array("text".utf8), mode: 0o755)
        #expect(try String(contentsOfFile: path("place"), encoding: .utf8) == "old")
        try file.move(to: path("place"))
        #expect(try String(contentsOfFile: path("place"), encoding: .utf8) == "text")
        #expect(try Stat(path("place")).permissions.rawValue == 0o755)
        #expect(!FileManager.default.fileExists(atPath: path("new")))
    }

    @Test func `A new file that does not get to its place is removed`() throws {
        do {
            let file = try NewFile(path("new"), [1], mode: 0o644)
            #expect(FileManager.default.fileExists(atPath: file.path))
            #expect(throws: Errno.self) { try file.move(to: path("nowhere/place")) }
        }
        #expect(!FileManager.default.fileExists(atPath: path("new")))
    }

    @Test func `A tree is removed, and what its links lead to is not`() throws {
        try folder.write("kept/file", "")
        try folder.write("tree/deep/file", "")
        try FileManager.default.createSymbolicLink(
            atPath: path("tree/link"), withDestinationPath: path("kept"))
        #expect(throws: Errno.self) { try FileChange.removeDirectory(path("tree")) }
        try FileChange.removeTree(path("tree"))
        #expect(!FileManager.default.fileExists(atPath: path("tree")))
        #expect(FileManager.default.fileExists(atPath: path("kept/file")))
    }

    @Test func `Only a socket with a listener has one`() throws {
        #expect(!ListeningSocket.exists(at: path("nothing")))
        try folder.write("file", "")
        #expect(!ListeningSocket.exists(at: path("file")))
        let socket = try LogSocket(at: path("datagram"))
        withExtendedLifetime(socket) { #expect(!ListeningSocket.exists(at: path("datagram"))) }
    }
}
