internal import Glibc

/// A file for another program on this host to read, such as QEMU, whoever that runs as.
package final class SharedFile {
    /// Where it is.
    package let path: String
    /// The folder that was made for it.
    private let folder: String

    /// Writes it into a folder of its own, in `/run` for root and in `/tmp` for others.
    ///
    /// Others can read the file there and not list the folder. libvirt may give the file to another
    /// user, yet the folder's owner can always remove it. The C functions are `mkdir`, `open` with
    /// `O_EXCL`, and `write`.
    ///
    /// - Parameter name: The name of folder and file, which nothing else there may have.
    package init(named name: String, _ contents: [UInt8]) throws(Errno) {
        let folder = (CurrentProcess.effectiveUser == 0 ? "/run/" : "/tmp/") + name
        let path = folder + "/" + name
        _ = try retrying { mkdir(folder, 0o711) }
        self.folder = folder
        self.path = path
        // Whatever the umask says, others are to get there.
        _ = try retrying { chmod(folder, 0o711) }
        let file = try retrying {
            open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        }
        defer { close(file) }
        // Whatever the umask says, others are to read it.
        _ = try retrying { fchmod(file, 0o644) }
        try writeAll(contents, to: file)
    }

    deinit {
        remove()
    }

    /// Takes it away, which whoever has it open does not mind; the C functions are `unlink` and
    /// `rmdir`.
    package func remove() {
        unlink(path)
        rmdir(folder)
    }
}
