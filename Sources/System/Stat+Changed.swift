// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

extension Stat {
    /// When the contents, the name or the permissions of the file last changed, since 1970.
    package var changed: Duration {
        .seconds(st_ctim.tv_sec) + .nanoseconds(st_ctim.tv_nsec)
    }
}
