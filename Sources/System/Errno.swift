internal import Glibc

/// A number that a C function left in `errno`.
package struct Errno: Error, Sendable, Hashable {
    /// The number.
    package var code: Int32

    /// Wraps a number.
    package init(code: Int32) {
        self.code = code
    }

    /// The number that the last C function of this thread left.
    package static var current: Errno { Errno(code: errno) }

    /// Nothing is there by that name.
    package static let noSuchFileOrDirectory = Errno(code: ENOENT)
    /// A part of the path is no folder.
    package static let notADirectory = Errno(code: ENOTDIR)
    /// Whoever asks may not.
    package static let permissionDenied = Errno(code: EACCES)
    /// Symbolic links lead to each other, or there are too many of them.
    package static let tooManySymbolicLinkLevels = Errno(code: ELOOP)
    /// The call would wait on a descriptor that does not.
    package static let wouldBlock = Errno(code: EAGAIN)
    /// The call was cut short by a signal.
    package static let interrupted = Errno(code: EINTR)

    /// Whether a limit of the system or of this process is reached.
    package var isOfLimit: Bool { [EAGAIN, ENOMEM, EMFILE, ENFILE].contains(code) }
}

extension Errno: CustomStringConvertible {
    /// The C library's text for it; the C function is `strerror`.
    package var description: String { String(cString: strerror(code)) }
}

/// Calls a C function that returns -1 for an error, again if a signal cut it short.
package func retrying<Value: SignedInteger>(_ body: () -> Value) throws(Errno) -> Value {
    while true {
        let value = body()
        if value != -1 { return value }
        if Errno.current != .interrupted { throw .current }
    }
}
