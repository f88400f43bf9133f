// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

/// Whole files.
package enum File {
    /// The permissions of a file that every user may read.
    static var sharedPermissions: FilePermissions { [.ownerReadWrite, .groupRead, .otherRead] }

    /// Writes a new file beside a file, and replaces the file with it.
    ///
    /// Readers see the old contents or the new ones. The C functions are `open` with `O_EXCL`, `fchmod`,
    /// `write` and `rename`.
    ///
    /// - Parameters:
    ///   - path: The file; every user may read it.
    ///   - contents: The new contents.
    package static func replace(_ path: String, with contents: [UInt8]) throws(Errno) {
        let new = "\(path).new"
        unlink(new)
        let file = try OpenFile.create(new, permissions: Self.sharedPermissions)
        do throws(Errno) {
            try file.descriptor.writeFully(contents)
            _ = try Errno.retrying { rename(new, path) }
        } catch {
            unlink(new)
            throw error
        }
    }

    /// Appends bytes to an existing file.
    ///
    /// The C functions are `open` with `O_APPEND`, and `write`.
    package static func append(to path: String, _ contents: [UInt8]) throws(Errno) {
        let file = try OpenFile(appendingTo: path)
        try file.descriptor.writeFully(contents)
    }

    /// Writes a text to standard error, and ignores errors; the C function is `write`.
    package static func writeToStandardError(_ text: String) {
        try? FileDescriptor.standardError.writeFully(Array(text.utf8))
    }

    /// Reads a file to its end, waiting for a pipe if it is one.
    ///
    /// The C functions are `open` and `read`.
    ///
    /// - Parameter limit: The most bytes that the caller wants; reading stops soon after.
    package static func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
        let file = try OpenFile(reading: path, isPatient: true)
        return try file.descriptor.readToEnd(limit: limit)
    }

    /// Returns the absolute path of a file, without symbolic links.
    ///
    /// swift-system has no such function. The C function is `realpath`.
    package static func realPath(of path: String) throws(Errno) -> String {
        guard let real = realpath(path, nil) else { throw .current }
        defer { free(real) }
        return String(cString: real)
    }

    /// Returns the target of a symbolic link.
    ///
    /// swift-system has no such function. The C function is `readlink`.
    package static func linkTarget(of path: String) throws(Errno) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try Errno.retrying { readlink(path, &buffer, Int(PATH_MAX)) }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Returns whether the file system of a file is mounted `noexec`; the C function is `statvfs`.
    package static func forbidsExecution(at path: String) -> Bool {
        var status = statvfs()
        return statvfs(path, &status) == 0 && status.f_flag & withoutExecution != 0
    }

    /// Reads a regular file, or its end, without waiting.
    ///
    /// The C functions are `open`, `fstat`, `lseek` and `read`.
    ///
    /// - Parameters:
    ///   - limit: The most bytes that the caller wants; from the start, reading stops soon after.
    ///   - fromEnd: Whether to read the last bytes.
    /// - Returns: The bytes; `nil` for another kind of file.
    package static func readRegular(
        _ path: String, limit: Int, fromEnd: Bool = false
    ) throws(Errno) -> [UInt8]? {
        let file = try OpenFile(reading: path)
        let status = try file.status()
        guard status.type == .regular else { return nil }
        if fromEnd, status.size > limit {
            _ = try Errno.retrying {
                lseek(file.descriptor.rawValue, Int(status.size) - limit, SEEK_SET)
            }
        }
        return try file.descriptor.readToEnd(limit: limit)
    }
}

/// `ST_NOEXEC`, which the C library hides from Swift.
private let withoutExecution: UInt = 8
