// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import System
package import SystemPackage

/// The file that the service locks while it treats guests.
///
/// The hook checks the lock with ``holder(at:)`` and needs no connection. The kernel releases the
/// lock when the service ends, also after a crash.
package final class ServiceFile: Sendable {
    /// The directory of the system's service.
    package static let directory = "/run/libvirt/virt-watchdog"
    /// The file's name in its directory.
    package static let name = "service"

    /// The length limit of a text in bytes.
    package static let maximumLength = 512
    private static let newline = UInt8(ascii: "\n")

    package let path: String
    private let descriptor: CInt

    /// Creates the directory with mode 0755 and the file with mode 0644, and locks the file.
    ///
    /// The C functions are `mkdir`, `openat`, `fstat`, `fchmod`, and `fcntl` with `F_OFD_SETLK`,
    /// which does not wait.
    package init(in directory: String = ServiceFile.directory) throws(ServiceFileError) {
        let path = directory + "/" + Self.name
        let file = try ServiceFileError.wrapping(directory) { () throws(Errno) in
            try Self.makeDirectory(directory)
            return try OpenFile(directory: directory)
        }
        try Self.claim(file.descriptor.rawValue, at: directory, .directory, mode: 0o755)
        let descriptor = try ServiceFileError.wrapping(path) { () throws(Errno) in
            let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
            return try Errno.retrying { openat(file.descriptor.rawValue, Self.name, flags, 0o644) }
        }
        do throws(ServiceFileError) {
            try Self.claim(descriptor, at: path, .regular, mode: 0o644)
            try Self.lock(descriptor, at: path)
        } catch {
            close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Replaces the text in the file.
    ///
    /// The file has the text twice, each padded with newlines. Linux lets a reader see half of a
    /// write, and the reader notices that by the difference. The C function is `pwrite`.
    ///
    /// - Parameter text: The text, cut after ``maximumLength`` bytes.
    package func write(_ text: String) throws(ServiceFileError) {
        var bytes = Array(text.utf8.prefix(Self.maximumLength))
        bytes += [UInt8](repeating: Self.newline, count: Self.maximumLength - bytes.count)
        bytes += bytes
        try ServiceFileError.wrapping(path) { () throws(Errno) in
            let count = try Errno.retrying { pwrite(descriptor, bytes, bytes.count, 0) }
            guard count == bytes.count else { throw Errno(rawValue: ENOSPC) }
        }
    }

    /// Reads the text of a file without the newlines at its end.
    ///
    /// It never returns half of a text. The C function is `read`.
    ///
    /// - Returns: `nil` for an unreadable file.
    package static func contents(at path: String) -> String? {
        // A write is fast, unless the host suspends the writer's processor.
        for _ in 0..<100 {
            guard let file = try? OpenFile(reading: path, followsLinks: false) else {
                return nil
            }
            var bytes = [UInt8](repeating: newline, count: 2 * maximumLength)
            let count = try? Errno.retrying { read(file.descriptor.rawValue, &bytes, bytes.count) }
            guard count != nil else { return nil }
            let (text, copy) = (bytes[..<maximumLength], bytes[maximumLength...])
            if text.elementsEqual(copy) {
                let end = text.lastIndex { $0 != newline }.map { $0 + 1 } ?? 0
                return String(decoding: text[..<end], as: UTF8.self)
            }
            usleep(1000)
        }
        return nil
    }

    /// Locks the file again. The C function is `fcntl` with `F_OFD_SETLK`, which does not wait.
    package func lock() throws(ServiceFileError) {
        try Self.lock(descriptor, at: path)
    }

    /// Releases the lock and keeps the file. The C function is `fcntl` with `F_OFD_SETLK`.
    package func unlock() {
        var lock = flock(F_UNLCK, length: 0)
        _ = fcntl(descriptor, setLock, &lock)
    }

    /// Returns whether a service holds the lock on a file.
    ///
    /// It needs only read permission. The C function is `fcntl` with `F_OFD_GETLK`.
    package static func holder(at path: String) -> Bool {
        guard let file = try? OpenFile(reading: path, followsLinks: false) else {
            return false
        }
        return isLocked(file.descriptor.rawValue)
    }

    /// Returns whether another open file description holds a lock on a file.
    static func isLocked(_ descriptor: CInt) -> Bool {
        var lock = flock(F_WRLCK, length: 0)
        return fcntl(descriptor, getLock, &lock) == 0 && lock.l_type != Int16(F_UNLCK)
    }

    /// Creates a directory and its parents if they are missing. The C function is `mkdir`.
    static func makeDirectory(_ path: String) throws(Errno) {
        var result = mkdir(path, 0o755)
        if result != 0, errno == ENOENT {
            let parent = FilePath(path).removingLastComponent()
            guard !parent.isEmpty else { throw .noSuchFileOrDirectory }
            try makeDirectory(parent.string)
            result = mkdir(path, 0o755)
        }
        // The umask may have taken permissions away.
        if result == 0 { _ = try Errno.retrying { chmod(path, 0o755) } }
    }

    /// Checks that this user owns a directory or file, and sets its permissions.
    private static func claim(
        _ descriptor: CInt, at path: String, _ type: FileType, mode: mode_t
    ) throws(ServiceFileError) {
        let status: Stat
        do throws(Errno) {
            status = try Stat(FileDescriptor(rawValue: descriptor))
        } catch {
            throw .system(path: path, error)
        }
        guard status.type == type else { throw .wrongKind(path: path) }
        guard status.userID.rawValue == geteuid() else {
            throw .foreignOwner(path: path, user: status.userID.rawValue)
        }
        guard !status.isWritableByOthers else { throw .writable(path: path) }
        guard fchmod(descriptor, mode) == 0 else { throw .system(path: path, .current) }
    }

    private static func lock(_ descriptor: CInt, at path: String) throws(ServiceFileError) {
        var lock = flock(F_WRLCK, length: 0)
        guard fcntl(descriptor, setLock, &lock) != 0 else { return }
        let error = Errno.current
        throw [.wouldBlock, .permissionDenied].contains(error)
            ? .held(path: path) : .system(path: path, error)
    }
}

/// `F_OFD_GETLK` and `F_OFD_SETLK`, which the C library hides from Swift.
private let getLock: CInt = 36
private let setLock: CInt = 37

/// A reason why a service cannot use its file.
package enum ServiceFileError: Error, Sendable, Hashable {
    /// Another service holds the lock.
    case held(path: String)
    /// Another user owns the directory or file.
    case foreignOwner(path: String, user: UInt32)
    /// Other users can write to the directory or file.
    case writable(path: String)
    /// The path leads to a symbolic link or another kind of file.
    case wrongKind(path: String)
    /// A system call failed.
    case system(path: String, Errno)

    fileprivate static func wrapping<Value: ~Copyable>(
        _ path: String, _ body: () throws(Errno) -> Value
    ) throws(ServiceFileError) -> Value {
        do throws(Errno) {
            return try body()
        } catch {
            switch error {
            case .tooManySymbolicLinkLevels, .notDirectory, Errno(rawValue: EISDIR):
                throw .wrongKind(path: path)
            default: throw .system(path: path, error)
            }
        }
    }
}

extension ServiceFileError: CustomStringConvertible {
    /// The fact, its cause and a fix.
    package var description: String {
        switch self {
        case .held(let path):
            "cannot lock \(path): another virt-watchdogd holds the lock; stop it first"
        case .foreignOwner(let path, let user):
            "cannot use \(path): user \(user) owns it; remove it"
        case .writable(let path):
            "cannot use \(path): other users can write to it; remove it"
        case .wrongKind(let path):
            "cannot use \(path): it is a symbolic link or another kind of file; remove it"
        case .system(let path, let error):
            "cannot use \(path): \(error)"
        }
    }
}
