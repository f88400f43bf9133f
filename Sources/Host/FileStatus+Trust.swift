package import System

extension FileStatus {
    /// Whether other users than the owner can write to the file. The group's permissions show an
    /// ACL.
    var isWritableByOthers: Bool { mode & 0o022 != 0 }

    /// Returns how users outside a trusted set can change the file, as clauses without a subject.
    package func exposure(trusting users: [UInt32]) -> [String] {
        var ways: [String] = []
        if !users.contains(owner) { ways.append("belongs to the user \(owner)") }
        if mode & 0o002 != 0 {
            ways.append("can be written by everybody (mode \(octalMode))")
        } else if mode & 0o020 != 0 {
            ways.append("can be written by its group \(group) (mode \(octalMode))")
        }
        return ways
    }

    /// Returns how users outside a trusted set can replace a file in the directory.
    ///
    /// In a sticky directory, users can replace only their own files.
    package func folderExposure(trusting users: [UInt32]) -> [String] {
        guard mode & 0o1000 != 0 else { return exposure(trusting: users) }
        return users.contains(owner) ? [] : ["belongs to the user \(owner)"]
    }

    /// The mode as `chmod` takes it.
    package var octalMode: String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
