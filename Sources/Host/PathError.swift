package import SystemPackage

/// Why a path was not followed to its end.
package enum PathError: Error, Sendable, Hashable {
    /// The system does not let us, or there is nothing.
    case system(Errno)
    /// Others can change what is there.
    case exposed(UntrustedPath)
    /// A symbolic link leads to nothing.
    case dangling(link: String)

    static func wrapping<Value>(
        _ body: () throws(Errno) -> Value
    ) throws(PathError) -> Value {
        do throws(Errno) { return try body() } catch { throw .system(error) }
    }
}
