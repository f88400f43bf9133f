package import Glibc

/// An open file that is closed when it goes out of scope.
package struct FileDescriptor: ~Copyable {
    package let number: CInt

    /// Opens a file for reading.
    ///
    /// The C function is `open`.
    ///
    /// - Parameters:
    ///   - isPatient: Whether to wait for the writer of a FIFO; if not, it opens at once.
    ///   - followsLinks: Whether the path may be that of a symbolic link.
    package init(
        reading path: String, isPatient: Bool = false, followsLinks: Bool = true
    ) throws(Errno) {
        let flags =
            O_RDONLY | O_CLOEXEC | O_NOCTTY | (isPatient ? 0 : O_NONBLOCK)
            | (followsLinks ? 0 : O_NOFOLLOW)
        number = try retrying { open(path, flags) }
    }

    /// Opens a file that is there already for reading and writing; the C function is `open`.
    package init(asking path: String) throws(Errno) {
        number = try retrying { open(path, O_RDWR | O_CLOEXEC | O_NOCTTY) }
    }

    /// Opens a file of this user's processes for reading and writing, and makes it where it is missing.
    ///
    /// The C function is `open`, which follows no symbolic link here.
    package init(sharing path: String) throws(Errno) {
        let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
        number = try retrying { open(path, flags, 0o600) }
    }

    /// Opens a folder, and no symbolic link to one; the C function is `open`.
    package init(folder path: String) throws(Errno) {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        number = try retrying { open(path, flags) }
    }

    deinit {
        close(number)
    }

    /// What the file is and how it was last changed; the C function is `fstat`.
    package func status() throws(Errno) -> stat {
        var status = stat()
        _ = try retrying { fstat(number, &status) }
        return status
    }
}

/// How much is read at once: what a pipe holds, and no more memory touched than that.
private let chunkLength = 64 << 10

/// Reads a descriptor to its end, also one that does not wait.
///
/// The C functions are `read` and `poll`.
///
/// - Parameter limit: How many bytes are wanted at most; reading stops soon after.
package func readAll(from descriptor: Int32, limit: Int) throws(Errno) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count <= limit {
        do throws(Errno) {
            let chunk = try readChunk(from: descriptor)
            if chunk.isEmpty { break }
            if bytes.isEmpty { bytes = chunk } else { bytes += chunk }
        } catch .wouldBlock {
            try waitFor(POLLIN, of: descriptor)
        }
    }
    return bytes
}

/// Reads what is there, up to a length; nothing at the end.
private func readChunk(from descriptor: Int32) throws(Errno) -> [UInt8] {
    var result = Result<Int, Errno>.success(0)
    // The pages that a short text leaves empty are not touched, and so cost nothing.
    let chunk = [UInt8](unsafeUninitializedCapacity: chunkLength) { buffer, count in
        result = Result { () throws(Errno) in
            try retrying { read(descriptor, buffer.baseAddress, buffer.count) }
        }
        count = (try? result.get()) ?? 0
    }
    _ = try result.get()
    return chunk
}

/// Writes all bytes to a descriptor, also to one that does not wait.
///
/// The C functions are `write` and `poll`.
package func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws(Errno) {
    var rest = bytes[...]
    while !rest.isEmpty {
        do throws(Errno) {
            let count = try retrying {
                rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            }
            rest.removeFirst(count)
        } catch .wouldBlock {
            try waitFor(POLLOUT, of: descriptor)
        }
    }
}

/// Waits until a descriptor can be read from or written to, as `poll` has it.
private func waitFor(_ events: CInt, of descriptor: Int32) throws(Errno) {
    var waiting = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    _ = try retrying { poll(&waiting, 1, -1) }
}

/// Writes all bytes to a descriptor at once, so that a signal finds all of them written or none.
///
/// A pipe is made large enough first. Over `/proc/sys/fs/pipe-max-size`, 1 MiB, only a process with
/// CAP_SYS_RESOURCE may do that; else the pipe takes them piece by piece. The C function is `fcntl`
/// with `F_SETPIPE_SZ`.
package func writeWhole(_ bytes: [UInt8], to descriptor: Int32) throws(Errno) {
    if bytes.count > usualPipeCapacity {
        _ = fcntl(descriptor, setPipeCapacity, CInt(bytes.count))
    }
    try writeAll(bytes, to: descriptor)
}

/// What a pipe holds unless somebody changes it.
private let usualPipeCapacity = 64 << 10

/// `F_SETPIPE_SZ`, which the C library hides from Swift.
private let setPipeCapacity: CInt = 1031

/// Reads a file to its end, waiting for a pipe if it is one.
///
/// The C functions are `open` and `read`.
///
/// - Parameter limit: How many bytes are wanted at most; reading stops soon after.
package func readFile(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
    let file = try FileDescriptor(reading: path, isPatient: true)
    return try readAll(from: file.number, limit: limit)
}
