// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage
import Testing

@testable import System

/// Reading and writing where the other side takes its time.
struct FileDescriptorTests {
    @Test func `A pipe that does not wait is read to its end, and written to whole`() throws {
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        for end in ends {
            try #require(fcntl(end, F_SETFL, O_NONBLOCK) == 0)
        }
        // More than the pipe holds.
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 200_000)
        let writer = ends[1]
        Thread.detachNewThread {
            usleep(100_000)
            try? FileDescriptor(rawValue: writer).writeFully(text)
            close(writer)
        }
        #expect(try FileDescriptor(rawValue: ends[0]).readToEnd(limit: 1 << 20) == text)
    }
}
