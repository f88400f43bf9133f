package import Glibc

/// What a file is, whose it is, and when that last changed.
package struct FileStatus: Sendable, Hashable {
    /// The kind of a file.
    package enum Kind: Sendable, Hashable {
        /// A file of bytes.
        case regular
        /// A folder.
        case folder
        /// A symbolic link.
        case link
        /// A socket.
        case socket
        /// A device or a FIFO.
        case other
    }

    /// The kind.
    package var kind: Kind
    /// The permission bits with the sticky bit and the like, as `chmod` takes them.
    package var mode: UInt32
    /// The user who owns it, by number.
    package var owner: UInt32
    /// The group that it belongs to, by number.
    package var group: UInt32
    /// When its contents, its name or its permissions last changed, since 1970.
    package var changed: Duration

    /// Describes a file.
    package init(
        kind: Kind = .regular, mode: UInt32, owner: UInt32 = 0, group: UInt32 = 0,
        changed: Duration = .zero
    ) {
        self.kind = kind
        self.mode = mode
        self.owner = owner
        self.group = group
        self.changed = changed
    }

    /// Asks for the status of a file.
    ///
    /// The C functions are `stat` and `lstat`.
    ///
    /// - Parameter followsLinks: Whether to ask for what a symbolic link leads to.
    package init(of path: String, followsLinks: Bool = true) throws(Errno) {
        var status = stat()
        _ = try retrying { followsLinks ? stat(path, &status) : lstat(path, &status) }
        self.init(status)
    }

    package init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .folder
            case S_IFLNK: .link
            case S_IFSOCK: .socket
            default: .other
            }
        mode = status.st_mode & 0o7777
        owner = status.st_uid
        group = status.st_gid
        changed = .seconds(status.st_ctim.tv_sec) + .nanoseconds(status.st_ctim.tv_nsec)
    }
}

/// Tells where a path leads, without any symbolic link in it; the C function is `realpath`.
package func realPath(of path: String) throws(Errno) -> String {
    guard let real = realpath(path, nil) else { throw .current }
    defer { free(real) }
    return String(cString: real)
}

/// Tells what is written in a symbolic link; the C function is `readlink`.
package func linkTarget(of path: String) throws(Errno) -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = try retrying { readlink(path, &buffer, Int(PATH_MAX)) }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Tells whether nothing can be executed on the file system that a file is on, since it is mounted
/// `noexec`; the C function is `statvfs`.
package func forbidsExecution(at path: String) -> Bool {
    var status = statvfs()
    return statvfs(path, &status) == 0 && status.f_flag & withoutExecution != 0
}

/// `ST_NOEXEC`, which the C library hides from Swift.
private let withoutExecution: UInt = 8

/// Reads a regular file, or the end of it, and waits for nothing.
///
/// The C functions are `open`, `fstat`, `lseek` and `read`.
///
/// - Parameters:
///   - limit: How many bytes are wanted at most; of the start, reading stops soon after.
///   - fromEnd: Whether the last bytes are wanted.
/// - Returns: The bytes, or nothing where there is another kind of file.
package func readRegularFile(
    _ path: String, limit: Int, fromEnd: Bool = false
) throws(Errno) -> [UInt8]? {
    let file = try FileDescriptor(reading: path)
    let status = try file.status()
    guard status.st_mode & S_IFMT == S_IFREG else { return nil }
    if fromEnd, status.st_size > limit {
        _ = try retrying { lseek(file.number, status.st_size - limit, SEEK_SET) }
    }
    return try readAll(from: file.number, limit: limit)
}
