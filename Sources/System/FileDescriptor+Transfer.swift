// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

extension FileDescriptor {
    /// Reads to the end, also where the descriptor does not block.
    ///
    /// The C functions are `read` and `poll`.
    ///
    /// - Parameter limit: The most bytes that the caller wants; reading stops soon after.
    package func readToEnd(limit: Int) throws(Errno) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count <= limit {
            do throws(Errno) {
                let chunk = try readChunk()
                if chunk.isEmpty { break }
                if bytes.isEmpty { bytes = chunk } else { bytes += chunk }
            } catch .wouldBlock {
                try wait(for: POLLIN)
            }
        }
        return bytes
    }

    /// Reads the bytes that are there, up to a length; none at the end.
    private func readChunk() throws(Errno) -> [UInt8] {
        try Errno.typed {
            // The pages that a short text leaves empty are not touched, and so cost nothing.
            try [UInt8](unsafeUninitializedCapacity: Self.chunkLength) { buffer, count in
                count = try read(into: UnsafeMutableRawBufferPointer(buffer))
            }
        }
    }

    /// Writes all bytes, also where the descriptor does not block.
    ///
    /// swift-system's `writeAll` throws where the descriptor would block. The C functions are `write`
    /// and `poll`.
    package func writeFully(_ bytes: [UInt8]) throws(Errno) {
        var rest = bytes[...]
        while !rest.isEmpty {
            do throws(Errno) {
                let count = try Errno.typed { try rest.withUnsafeBytes { try write($0) } }
                rest.removeFirst(count)
            } catch .wouldBlock {
                try wait(for: POLLOUT)
            }
        }
    }

    /// Writes all bytes at once: a signal finds all of them written or none.
    ///
    /// It enlarges a pipe first. Over `/proc/sys/fs/pipe-max-size`, 1 MiB, only a process with
    /// CAP_SYS_RESOURCE may do that; otherwise the pipe takes the bytes piece by piece. The C function
    /// is `fcntl` with `F_SETPIPE_SZ`.
    package func writeAtOnce(_ bytes: [UInt8]) throws(Errno) {
        if bytes.count > Self.usualPipeCapacity {
            _ = fcntl(rawValue, setPipeCapacity, CInt(bytes.count))
        }
        try writeFully(bytes)
    }

    /// Waits until the descriptor is ready; the C function is `poll`.
    private func wait(for events: CInt) throws(Errno) {
        var waiting = pollfd(fd: rawValue, events: Int16(events), revents: 0)
        _ = try Errno.retrying { poll(&waiting, 1, -1) }
    }

    /// The length of one read: the capacity of a pipe.
    private static var chunkLength: Int { usualPipeCapacity }

    /// The capacity of a pipe that no process has changed.
    private static var usualPipeCapacity: Int { 64 << 10 }
}

/// `F_SETPIPE_SZ`, which the C library hides from Swift.
private let setPipeCapacity: CInt = 1031
