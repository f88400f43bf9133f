// SPDX-License-Identifier: Apache-2.0

package import Glibc
internal import SystemPackage

/// POSIX locks on files.
package enum FileLock {
    /// Returns the process that holds a POSIX lock on the first byte of a file, as libvirt's daemons do on
    /// their pid files.
    ///
    /// The contents of the file do not matter. The C function is `fcntl` with `F_GETLK`.
    ///
    /// - Returns: The process ID. `nil` if the file cannot be read, if there is no lock, or if its holder
    ///   has no number here: an open file description, or a process of another PID namespace.
    package static func holder(of path: String) -> Int32? {
        guard let file = try? OpenFile(reading: path) else { return nil }
        var lock = flock(F_WRLCK, length: 1)
        guard (try? Errno.retrying { fcntl(file.descriptor.rawValue, F_GETLK, &lock) }) != nil,
            lock.l_type != Int16(F_UNLCK), lock.l_pid > 0
        else { return nil }
        return lock.l_pid
    }

    /// Locks an open file or directory for this process, and waits for another process that has locked it.
    ///
    /// Closing the file releases the lock. The C function is `flock`.
    ///
    /// - Parameter seconds: The longest wait.
    /// - Returns: Whether the lock was taken.
    package static func take(_ file: borrowing OpenFile, within seconds: Int) -> Bool {
        let end = Clock.now + .seconds(seconds)
        while flock(file.descriptor.rawValue, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, Clock.now < end else { return false }
            usleep(100_000)
        }
        return true
    }
}

extension flock {
    /// Describes a lock on a file, from its start on.
    ///
    /// - Parameters:
    ///   - kind: `F_WRLCK`, `F_RDLCK` or `F_UNLCK`.
    ///   - length: The number of bytes; 0 for the whole file.
    package init(_ kind: CInt, length: off_t) {
        self.init()
        l_type = Int16(kind)
        l_whence = Int16(SEEK_SET)
        l_len = length
    }
}
