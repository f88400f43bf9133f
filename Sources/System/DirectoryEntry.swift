internal import Glibc

/// An entry of a folder.
package struct DirectoryEntry: Sendable, Hashable {
    /// The name, with what is not UTF-8 in it replaced.
    package var name: String
    /// What the entry is, a symbolic link not being followed.
    package var status: FileStatus
    /// What it leads to: itself, or the end of a symbolic link, if there is one.
    package var target: FileStatus?

    /// Lists a folder, ordered by the bytes of the names, as `strcmp` does.
    ///
    /// The C functions are `opendir`, `readdir` and `fstatat`.
    package static func all(in folder: String) throws(Errno) -> [DirectoryEntry] {
        guard let stream = opendir(folder) else { throw .current }
        defer { closedir(stream) }
        var found: [(bytes: [UInt8], entry: DirectoryEntry)] = []
        while let next = readdir(stream) {
            let name = withUnsafePointer(to: &next.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { $0 }
            }
            let text = String(cString: name)
            guard text != ".", text != "..",
                let status = status(of: name, in: dirfd(stream), AT_SYMLINK_NOFOLLOW)
            else { continue }
            let entry = DirectoryEntry(
                name: text, status: status, target: Self.status(of: name, in: dirfd(stream), 0))
            found.append(
                (Array(UnsafeRawBufferPointer(start: name, count: strlen(name))), entry))
        }
        return found.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }.map(\.entry)
    }

    private static func status(
        of name: UnsafePointer<CChar>, in folder: CInt, _ flags: CInt
    ) -> FileStatus? {
        var status = stat()
        return fstatat(folder, name, &status, flags) == 0 ? FileStatus(status) : nil
    }
}
