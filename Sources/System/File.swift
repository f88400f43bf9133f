internal import Glibc

/// Whole files.
package enum File {
    /// Writes a file beside another one, and puts it in its place.
    ///
    /// Readers see the old contents or the new ones. The C functions are `open` with `O_EXCL`, `fchmod`,
    /// `write` and `rename`.
    ///
    /// - Parameters:
    ///   - path: The file, which others may read.
    ///   - contents: The new contents.
    package static func replace(_ path: String, with contents: [UInt8]) throws(Errno) {
        let new = "\(path).new"
        unlink(new)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        let file = try retrying { open(new, flags, 0o644) }
        do throws(Errno) {
            defer { close(file) }
            _ = try retrying { fchmod(file, 0o644) }
            try writeAll(contents, to: file)
            _ = try retrying { rename(new, path) }
        } catch {
            unlink(new)
            throw error
        }
    }

    /// Adds bytes at the end of a file that exists.
    ///
    /// The C functions are `open` with `O_APPEND`, and `write`.
    package static func append(to path: String, _ contents: [UInt8]) throws(Errno) {
        let file = try retrying {
            open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        }
        defer { close(file) }
        try writeAll(contents, to: file)
    }

    /// Writes a text to standard error, as far as it can be written; the C function is `write`.
    package static func writeToStandardError(_ text: String) {
        try? writeAll(Array(text.utf8), to: STDERR_FILENO)
    }
}
