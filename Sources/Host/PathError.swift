// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// A reason why virt-watchdog does not follow a path to its end.
package enum PathError: Error, Sendable, Hashable {
    /// A system call failed.
    case system(Errno)
    /// Other users can change the file or the path to it.
    case exposed(UntrustedPath)
    /// The target of a symbolic link does not exist.
    case dangling(link: String)

    static func wrapping<Value>(
        _ body: () throws(Errno) -> Value
    ) throws(PathError) -> Value {
        do throws(Errno) { return try body() } catch { throw .system(error) }
    }
}
