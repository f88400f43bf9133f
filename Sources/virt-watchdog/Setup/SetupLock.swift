// SPDX-License-Identifier: Apache-2.0

import Host
import System
import SystemPackage

/// The lock of an installation: two that run at once would write the same temporary files.
///
/// It is on the directory of the prefix, or the nearest one above that exists, and ends with this value.
final class SetupLock {
    /// The seconds to wait for another `setup` or `unsetup`, which may wait for libvirt's daemon.
    private static let timeout = 60

    private let file: OpenFile

    /// Waits for its turn.
    init(_ installation: Installation, timeout: Int = SetupLock.timeout) throws(SetupError) {
        var directory = installation.host.path(installation.prefix + "/")
        var real = try? File.realPath(of: directory)
        while real == nil, directory.count > 1 {
            directory = FilePath(directory).removingLastComponent().string
            real = try? File.realPath(of: directory)
        }
        let path = real ?? "/"
        file = try SetupError.wrapping(path) { () throws(Errno) in try OpenFile(directory: path) }
        guard FileLock.take(file, within: timeout) else { throw .locked(seconds: timeout) }
    }
}
