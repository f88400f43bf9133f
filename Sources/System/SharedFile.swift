// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

/// A file for another program on this host to read, such as QEMU, which may run as any user.
package final class SharedFile {
    /// The path of the file.
    package let path: String
    /// The directory of the file alone.
    private let directory: String

    /// Writes the file into a directory of its own, in `/run` for root and in `/tmp` for others.
    ///
    /// Other users can read the file and cannot list the directory. libvirt may change the owner of the
    /// file, but the directory's owner can always remove it. The C functions are `mkdir`, `open` with
    /// `O_EXCL`, and `write`.
    ///
    /// - Parameter name: The name of directory and file; no other file there may have it.
    package init(named name: String, _ contents: [UInt8]) throws(Errno) {
        let directory = (CurrentProcess.effectiveUser == 0 ? "/run/" : "/tmp/") + name
        let path = directory + "/" + name
        _ = try Errno.retrying { mkdir(directory, 0o711) }
        self.directory = directory
        self.path = path
        // The umask may have removed the permission of other users.
        _ = try Errno.retrying { chmod(directory, 0o711) }
        // QEMU may run as any user.
        let file = try OpenFile.create(path, permissions: File.sharedPermissions)
        try file.descriptor.writeFully(contents)
    }

    deinit {
        remove()
    }

    /// Removes the file and its directory; programs that have the file open keep it.
    ///
    /// The C functions are `unlink` and `rmdir`.
    package func remove() {
        unlink(path)
        rmdir(directory)
    }
}
