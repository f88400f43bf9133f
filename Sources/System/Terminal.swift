internal import Glibc

/// Sees to it that no file that is opened later takes the place of a standard stream that is closed.
///
/// What is written to one then still fails. The C function is `open`.
package func reserveStandardStreams() {
    for stream in STDIN_FILENO...STDERR_FILENO where fcntl(stream, F_GETFD) < 0 {
        _ = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
}

/// Standard output as a terminal.
package enum Terminal {
    /// Whether standard output is one; the C function is `isatty`.
    package static var isThere: Bool { isatty(1) == 1 }

    /// How many columns it has, or nothing where it is none or does not say.
    ///
    /// The C function is `ioctl` with `TIOCGWINSZ`.
    package static var width: Int? {
        var size = winsize()
        guard isThere, ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
