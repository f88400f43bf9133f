// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

/// An entry of a directory.
package struct DirectoryEntry: Sendable, Hashable {
    /// The name, invalid UTF-8 replaced.
    package var name: String
    /// The status of the entry itself.
    package var status: Stat
    /// The status of the file that a symbolic link leads to, or of the entry; `nil` for a dangling link.
    package var target: Stat?

    /// Lists a directory, ordered by the bytes of the names, as `strcmp` does.
    ///
    /// The C functions are `opendir`, `readdir` and `fstatat`.
    package static func all(in path: String) throws(Errno) -> [DirectoryEntry] {
        guard let stream = opendir(path) else { throw .current }
        defer { closedir(stream) }
        let directory = FileDescriptor(rawValue: dirfd(stream))
        var found: [(bytes: [UInt8], entry: DirectoryEntry)] = []
        while let next = readdir(stream) {
            let name = withUnsafePointer(to: &next.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { $0 }
            }
            let text = String(cString: name)
            guard text != ".", text != "..",
                let status = try? Stat(name, relativeTo: directory, flags: .symlinkNoFollow)
            else { continue }
            let entry = DirectoryEntry(
                name: text, status: status,
                target: try? Stat(name, relativeTo: directory, flags: []))
            found.append(
                (Array(UnsafeRawBufferPointer(start: name, count: strlen(name))), entry))
        }
        return found.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }.map(\.entry)
    }
}
