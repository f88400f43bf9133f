internal import WatchdogPolicy

/// A place on the way to a file at which others than those who may can change what the file holds.
package struct Exposure: Error, Sendable, Hashable {
    /// The file, one of its folders, or a symbolic link.
    package var place: String
    /// How they can change it, as a clause with the place for its subject.
    package var way: String
    /// Whether the place is the file itself.
    package var isFile: Bool
    /// What to do about it, as a command where one can do it.
    package var remedy: String

    private init(_ place: String, _ status: FileStatus, _ ways: [String], isFile: Bool) {
        self.place = place
        self.isFile = isFile
        way = ways.joined(separator: " and ")
        let owning = "sudo chown root \(shellWord(place))"
        let command =
            status.isWritableByOthers
            ? "\(owning) && sudo chmod go-w \(shellWord(place))" : owning
        if place == "/" {
            remedy = "mend the rights of '/', which in a user namespace nobody can"
        } else if place.unicodeScalars.contains(where: \.isDisruptive) {
            // What is printed would be another word.
            remedy = "mend its rights, so that only root can change it"
        } else {
            remedy = command
        }
    }

    private init(link: String, way: String) {
        place = link
        isFile = false
        self.way = way
        remedy = "put a file there instead, or let only root write to its folder"
    }

    /// How many symbolic links may be on one way, as in the kernel.
    private static let maximumLinks = 40

    /// Follows a path to where it leads, link by link, and sees to it that nobody but some users can
    /// lead it elsewhere or change what is there.
    ///
    /// Those users own the file and every folder and link on the way, and nobody else can write to
    /// them. Other people's sticky folders, such as `/tmp`, are passed through, since what is not
    /// theirs they cannot replace there, but no link in one is followed. As each folder is looked at
    /// before what is in it, nobody else can exchange anything behind our back.
    ///
    /// The C functions are `lstat` and `readlink`.
    ///
    /// - Returns: The path without any symbolic link in it.
    package static func way(
        to path: String, trusting users: [UInt32]
    ) throws(PathError) -> String {
        // The root is the empty string, so that each name follows a slash.
        var real = ""
        var rest = names(in: path)
        if !path.hasPrefix("/") {
            rest += names(in: try PathError.wrapping { () throws(Errno) in try realPath(of: ".") })
        }
        var links = 0
        // The last link, and how many names were still to follow behind it.
        var last: (link: String, behind: Int)?
        let root = try PathError.wrapping { () throws(Errno) in try FileStatus(of: "/") }
        try check("/", root, isFile: false, trusting: users)
        while let name = rest.popLast() {
            if name == ".." {
                real = folder(of: real) == "/" ? "" : folder(of: real)
                continue
            }
            let place = real + "/" + name
            let status: FileStatus
            do throws(Errno) {
                status = try FileStatus(of: place, followsLinks: false)
            } catch {
                guard error == .noSuchFile, let last, rest.count >= last.behind else {
                    throw .system(error)
                }
                throw .dangling(link: last.link)
            }
            guard status.kind == .link else {
                // Of others, such as /dev/null, nothing is read, and nobody should take rights away.
                if [.regular, .folder].contains(status.kind) {
                    try check(place, status, isFile: status.kind == .regular, trusting: users)
                }
                real = place
                continue
            }
            try check(link: place, status, in: real.isEmpty ? "/" : real, trusting: users)
            links += 1
            guard links <= maximumLinks else { throw .system(.tooManyLinks) }
            let target = try PathError.wrapping { () throws(Errno) in try linkTarget(of: place) }
            if target.hasPrefix("/") { real = "" }
            last = (place, rest.count)
            rest += names(in: target)
        }
        return real
    }

    /// The names that a path is made of, the last one first.
    private static func names(in path: String) -> [String] {
        var names: [String] = []
        for name in path.split(separator: "/") where name != "." { names.append(String(name)) }
        names.reverse()
        return names
    }

    private static func check(
        _ place: String, _ status: FileStatus, isFile: Bool, trusting users: [UInt32]
    ) throws(PathError) {
        let ways =
            isFile
            ? status.exposure(trusting: users) : status.folderExposure(trusting: users)
        if !ways.isEmpty { throw .exposed(Exposure(place, status, ways, isFile: isFile)) }
    }

    private static func check(
        link: String, _ status: FileStatus, in folder: String, trusting users: [UInt32]
    ) throws(PathError) {
        guard users.contains(status.owner) else {
            throw .exposed(
                Exposure(link: link, way: "is a symbolic link of the user \(status.owner)"))
        }
        let parent = try PathError.wrapping { () throws(Errno) in try FileStatus(of: folder) }
        if parent.isWritableByOthers {
            throw .exposed(
                Exposure(
                    link: link,
                    way: "is a symbolic link in a folder that others can write to"
                        + " (mode \(parent.octalMode))"))
        }
    }
}

/// Why a path was not followed to its end.
package enum PathError: Error, Sendable, Hashable {
    /// The system does not let us, or there is nothing.
    case system(Errno)
    /// Others can change what is there.
    case exposed(Exposure)
    /// A symbolic link leads to nothing.
    case dangling(link: String)

    fileprivate static func wrapping<Value>(
        _ body: () throws(Errno) -> Value
    ) throws(PathError) -> Value {
        do throws(Errno) { return try body() } catch { throw .system(error) }
    }
}

extension FileStatus {
    /// Whether others than the owner can write to it; an access list shows as rights of the group.
    var isWritableByOthers: Bool { mode & 0o022 != 0 }

    /// How somebody else than some users can change the file, as clauses without a subject.
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

    /// How somebody else than some users can put another file into the folder; the sticky bit keeps
    /// them from replacing those of others.
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

/// The folder that a file is in.
package func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}
