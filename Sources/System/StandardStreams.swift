// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The standard streams of this process.
package enum StandardStreams {
    /// Opens `/dev/null` in the place of each closed stream, so no later file takes that place.
    ///
    /// Writing to such a stream, or reading from it, still fails. The C function is `open`.
    package static func reserve() {
        for stream in STDIN_FILENO...STDERR_FILENO where fcntl(stream, F_GETFD) < 0 {
            _ = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}
