import HostSystem

extension FileStatus {
    /// How somebody besides the administrator can change the file, as clauses without a subject.
    func exposure(administrator: UInt32) -> [String] {
        var ways: [String] = []
        if owner != administrator { ways.append("belongs to the user \(owner)") }
        if mode & 0o002 != 0 {
            ways.append("can be written by everybody (mode \(octalMode))")
        } else if mode & 0o020 != 0 {
            ways.append("can be written by its group \(group) (mode \(octalMode))")
        }
        return ways
    }

    /// How somebody besides the administrator can put another file into the folder; the sticky bit
    /// keeps them from replacing those of others.
    func folderExposure(administrator: UInt32) -> [String] {
        var ways: [String] = []
        if owner != administrator { ways.append("belongs to the user \(owner)") }
        guard mode & 0o1000 == 0 else { return ways }
        if mode & 0o002 != 0 {
            ways.append("can be written by everybody (mode \(octalMode))")
        } else if mode & 0o020 != 0, group != 0 {
            ways.append("can be written by its group \(group) (mode \(octalMode))")
        }
        return ways
    }

    /// The mode as `chmod` takes it.
    var octalMode: String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

/// The folder that a file is in.
func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}
