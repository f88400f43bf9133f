internal import Glibc

/// A file for another program on this host to read, such as QEMU, whoever that runs as.
public final class SharedFile {
    /// Where it is.
    public let path: String

    /// Writes it where programs look that run for this user: `/run` for root, else the user's own
    /// folder below it.
    ///
    /// The C functions are `open` with `O_EXCL`, and `write`.
    ///
    /// - Parameter name: The file's name, which no other file there may have.
    public init(named name: String, _ contents: [UInt8]) throws(Errno) {
        let folder =
            effectiveUser == 0 ? "/run" : environment("XDG_RUNTIME_DIR") ?? "/tmp"
        let path = folder + "/" + name
        let file = try retrying {
            open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        }
        self.path = path
        defer { close(file) }
        // Whatever the umask says, others are to read it.
        _ = try retrying { fchmod(file, 0o644) }
        try writeAll(contents, to: file)
    }

    deinit {
        remove()
    }

    /// Takes the file away, which whoever has it open does not mind; the C function is `unlink`.
    public func remove() {
        unlink(path)
    }
}
