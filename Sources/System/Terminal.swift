// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Standard output as a terminal.
package enum Terminal {
    /// Whether standard output is a terminal; the C function is `isatty`.
    package static var isThere: Bool { isatty(1) == 1 }

    /// Whether standard error is a terminal that can move its cursor; the C function is `isatty`.
    package static var showsProgress: Bool { isatty(2) == 1 && Environment["TERM"] != "dumb" }

    /// The number of columns; `nil` if standard output is no terminal, or does not tell.
    ///
    /// The C function is `ioctl` with `TIOCGWINSZ`.
    package static var width: Int? {
        var size = winsize()
        guard isThere, ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
