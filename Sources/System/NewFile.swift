// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

/// A file that is written beside its place, and removed unless it gets there.
///
/// The C functions are `open` with `O_EXCL`, `fchmod`, `write`, `rename` and `unlink`.
package final class NewFile {
    /// The path until the file is in its place.
    package let path: String
    private var isInPlace = false

    /// Writes a file; a file with that name is removed first.
    ///
    /// - Parameters:
    ///   - path: A path on the file system of the place.
    ///   - contents: The contents.
    ///   - mode: The permissions, whatever the umask.
    package init(_ path: String, _ contents: [UInt8], mode: UInt32) throws(Errno) {
        self.path = path
        unlink(path)
        let file = try OpenFile.create(path, permissions: FilePermissions(rawValue: mode))
        try file.descriptor.writeFully(contents)
        // A crash of the host must not leave an empty file in the place.
        let number = file.descriptor.rawValue
        _ = try Errno.retrying { fsync(number) }
    }

    deinit {
        if !isInPlace { unlink(path) }
    }

    /// Puts the file into its place; readers there see the old file or the new one.
    package func move(to place: String) throws(Errno) {
        _ = try Errno.retrying { rename(path, place) }
        isInPlace = true
    }
}
