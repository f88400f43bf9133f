// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

/// Changes of directories.
package enum FileChange {
    /// Creates a directory with the permissions 0755, whatever the umask.
    ///
    /// The C functions are `mkdir` and `chmod`.
    package static func makeDirectory(_ path: String) throws(Errno) {
        _ = try Errno.retrying { mkdir(path, 0o755) }
        _ = try Errno.retrying { chmod(path, 0o755) }
    }

    /// Removes a file or symbolic link; the C function is `unlink`.
    package static func removeFile(_ path: String) throws(Errno) {
        _ = try Errno.retrying { unlink(path) }
    }

    /// Removes a directory if it is empty; the C function is `rmdir`.
    package static func removeDirectory(_ path: String) throws(Errno) {
        _ = try Errno.retrying { rmdir(path) }
    }

    /// Removes a directory and all in it, without following symbolic links.
    package static func removeTree(_ path: String) throws(Errno) {
        guard try Stat(path, followTargetSymlink: false).type == .directory else {
            return try removeFile(path)
        }
        for entry in try DirectoryEntry.all(in: path) {
            let place = "\(path)/\(entry.name)"
            if entry.status.type == .directory {
                try removeTree(place)
            } else {
                try removeFile(place)
            }
        }
        try removeDirectory(path)
    }
}
