// SPDX-License-Identifier: Apache-2.0

internal import CSupport
internal import Glibc

/// The process that runs this program.
package enum CurrentProcess {
    /// The process ID; the C function is `getpid`.
    package static var id: Int32 { getpid() }

    /// The number of the user that the process acts as; the C function is `geteuid`.
    package static var effectiveUser: UInt32 { geteuid() }

    /// The paths of the libraries that the process has loaded; `nil` in a static program.
    ///
    /// The C functions are `getauxval` with `AT_BASE`, and `dl_iterate_phdr`.
    package static var libraries: [String]? {
        guard virt_watchdog_is_static() == 0 else { return nil }
        var paths: [String] = []
        withUnsafeMutablePointer(to: &paths) { paths in
            virt_watchdog_visit_libraries(
                { path, paths in
                    guard let path, path.pointee == CChar(UInt8(ascii: "/")) else { return }
                    paths?.assumingMemoryBound(to: [String].self).pointee
                        .append(String(cString: path))
                }, paths)
        }
        return paths
    }

    /// Ends the process with all its threads; the C function is `_exit`.
    ///
    /// - Parameter status: The exit status.
    package static func exitNow(_ status: Int32 = 0) -> Never { _exit(status) }

    /// Prevents a core file of this process.
    ///
    /// A program that it executes can leave one. A limit of 0 bytes does not suffice: the program that
    /// the kernel pipes core files to may ignore it. Most of `/proc/self` belongs to root from then on.
    /// The C function is `prctl` with `PR_SET_DUMPABLE`.
    package static func forbidCoreFile() {
        _ = virt_watchdog_set_dumpable(0)
    }

    /// Closes all descriptors from one on.
    ///
    /// The C functions are `close_range` and, on Linux before 5.9, `closefrom`. The latter reads
    /// `/proc/self/fd`. That belongs to root after ``forbidCoreFile()``, so a user's process allows
    /// core files again first.
    package static func closeDescriptors(from first: CInt) {
        guard virt_watchdog_close_from(CUnsignedInt(first)) != 0 else { return }
        if geteuid() != 0 { _ = virt_watchdog_set_dumpable(1) }
        closefrom(first)
    }
}
