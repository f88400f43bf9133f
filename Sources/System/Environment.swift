// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The environment of this process.
package enum Environment {
    /// The value of a variable; `nil` if it is missing or empty.
    ///
    /// The C function is `getenv`.
    package static subscript(name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }
}
