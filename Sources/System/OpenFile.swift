// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

/// An open file that closes when it goes out of scope.
///
/// swift-system's `FileDescriptor` has no owner that closes it.
package struct OpenFile: ~Copyable {
    /// The descriptor, which is valid as long as this value.
    package let descriptor: FileDescriptor

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
        var options: FileDescriptor.OpenOptions = [.closeOnExec, .noTerminal]
        if !isPatient { options.insert(.nonBlocking) }
        if !followsLinks { options.insert(.noFollow) }
        try self.init(path, .readOnly, options)
    }

    /// Opens an existing file for reading and writing; the C function is `open`.
    package init(asking path: String) throws(Errno) {
        try self.init(path, .readWrite, [.closeOnExec, .noTerminal])
    }

    /// Opens a file of this user's processes for reading and writing, and creates it if it is missing.
    ///
    /// The C function is `open`, which follows no symbolic link here.
    package init(sharing path: String) throws(Errno) {
        try self.init(
            path, .readWrite, [.create, .noFollow, .nonBlocking, .closeOnExec, .noTerminal])
    }

    /// Opens a directory, and no symbolic link to one; the C function is `open`.
    package init(directory path: String) throws(Errno) {
        try self.init(path, .readOnly, [.directory, .noFollow, .closeOnExec])
    }

    /// Creates a file for writing, and fails if one is there.
    ///
    /// The C functions are `open` and `fchmod`: the umask takes no permission away.
    static func create(
        _ path: String, permissions: FilePermissions
    ) throws(Errno) -> OpenFile {
        let file = try OpenFile(
            path, .writeOnly, [.create, .exclusiveCreate, .noFollow, .closeOnExec])
        let number = file.descriptor.rawValue
        do throws(Errno) {
            _ = try Errno.retrying { fchmod(number, permissions.rawValue) }
        } catch {
            unlink(path)
            throw error
        }
        return file
    }

    /// Opens an existing file for writing at its end, and no symbolic link; the C function is `open`.
    init(appendingTo path: String) throws(Errno) {
        try self.init(path, .writeOnly, [.append, .noFollow, .nonBlocking, .closeOnExec])
    }

    private init(
        _ path: String, _ mode: FileDescriptor.AccessMode, _ options: FileDescriptor.OpenOptions
    ) throws(Errno) {
        descriptor = try Errno.typed {
            try FileDescriptor.open(path, mode, options: options, permissions: .ownerReadWrite)
        }
    }

    deinit {
        try? descriptor.close()
    }

    /// Returns the status of the file; the C function is `fstat`.
    package func status() throws(Errno) -> Stat {
        try Stat(descriptor)
    }
}

extension FileDescriptor.OpenOptions {
    /// `O_NOCTTY`, which swift-system leaves out: a terminal does not become this process's.
    fileprivate static var noTerminal: Self { Self(rawValue: O_NOCTTY) }
}
