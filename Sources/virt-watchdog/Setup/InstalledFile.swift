// SPDX-License-Identifier: Apache-2.0

import Host
import System
import SystemPackage

/// A file to install.
struct InstalledFile {
    /// The path of the file to copy.
    var source: String
    /// The place, from the host's root.
    var place: String
    /// The permissions.
    var mode: UInt32
    /// The contents.
    let contents: [UInt8]
    /// The checksum of the contents.
    let checksum: String

    /// The largest file, in bytes.
    private static let maximumLength = 256 << 20

    /// Reads a file. A file that any user may execute gets the permissions 0755, another file 0644.
    init(_ source: String, place: String) throws(SetupError) {
        self.source = source
        self.place = place
        do throws(Errno) {
            let status = try Stat(source)
            mode =
                !status.permissions.isDisjoint(with: [.ownerExecute, .groupExecute, .otherExecute])
                ? 0o755 : 0o644
            guard status.type == .regular else { throw Errno.invalidArgument }
            guard let contents = try File.readRegular(source, limit: Self.maximumLength),
                contents.count <= Self.maximumLength
            else { throw Errno.fileTooLarge }
            self.contents = contents
            checksum = Checksum(contents).description
        } catch .invalidArgument {
            throw .notRegular(source)
        } catch {
            throw error == .noSuchFileOrDirectory ? .missing(source) : .system(path: source, error)
        }
    }

    /// Reads all files below a directory, each for the same place below the root.
    static func all(below tree: String) throws(SetupError) -> [InstalledFile] {
        try all(in: "", of: tree)
    }

    private static func all(
        in folder: String, of tree: String
    ) throws(SetupError) -> [InstalledFile] {
        let entries = try SetupError.wrapping(tree + folder) { () throws(Errno) in
            try DirectoryEntry.all(in: tree + folder)
        }
        var files: [InstalledFile] = []
        for entry in entries {
            let place = "\(folder)/\(entry.name)"
            if entry.status.type == .directory {
                files += try all(in: place, of: tree)
            } else {
                files.append(try InstalledFile(tree + place, place: place))
            }
        }
        return files
    }
}
