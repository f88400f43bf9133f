internal import Glibc

/// Strings as `execve` and `posix_spawn` take them.
final class CStringList {
    /// The strings and a null pointer.
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() {
            pointers.advanced(by: index).initialize(to: strdup(string))
        }
        pointers.advanced(by: count).initialize(to: nil)
    }

    /// The pointers, which stay for as long as the process's memory does.
    func leaked() -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        Unmanaged.passRetained(self).takeUnretainedValue().pointers
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
