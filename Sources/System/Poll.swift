// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Waits for descriptors.
package enum Poll {
    /// Waits until descriptors are readable or broken.
    ///
    /// The C function is `poll`.
    ///
    /// - Parameter timeout: The longest wait, rounded up to milliseconds; `nil` for no limit.
    /// - Returns: The ready descriptors. None if the time is over, or if a signal handler ran.
    package static func readable(among descriptors: [Int32], timeout: Duration?) -> [Int32] {
        var waiting = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let milliseconds = timeout.map {
            CInt(clamping: Int64(max(0, ($0 / .milliseconds(1)).rounded(.up))))
        }
        guard Glibc.poll(&waiting, nfds_t(waiting.count), milliseconds ?? -1) > 0 else { return [] }
        return waiting.filter { $0.revents != 0 }.map(\.fd)
    }
}
