internal import System
internal import SystemPackage

/// Paths that only some users can lead elsewhere.
package enum TrustedPath {
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
    package static func resolve(
        _ path: String, trusting users: [UInt32]
    ) throws(PathError) -> String {
        // The root is the empty string, so that each name follows a slash.
        var real = ""
        var rest = names(in: path)
        if !path.hasPrefix("/") {
            rest += names(
                in: try PathError.wrapping { () throws(Errno) in try File.realPath(of: ".") })
        }
        var links = 0
        // The last link, and how many names were still to follow behind it.
        var last: (link: String, behind: Int)?
        let root = try PathError.wrapping { () throws(Errno) in try Stat("/") }
        try check("/", root, isFile: false, trusting: users)
        while let name = rest.popLast() {
            if name == ".." {
                real = real.lastIndex(of: "/").map { String(real[..<$0]) } ?? ""
                continue
            }
            let place = real + "/" + name
            let status: Stat
            do throws(Errno) {
                status = try Stat(place, followTargetSymlink: false)
            } catch {
                guard error == .noSuchFileOrDirectory, let last, rest.count >= last.behind else {
                    throw .system(error)
                }
                throw .dangling(link: last.link)
            }
            guard status.type == .symbolicLink else {
                // Of others, such as /dev/null, nothing is read, and nobody should take rights away.
                if [.regular, .directory].contains(status.type) {
                    try check(place, status, isFile: status.type == .regular, trusting: users)
                }
                real = place
                continue
            }
            try check(link: place, status, in: real.isEmpty ? "/" : real, trusting: users)
            links += 1
            guard links <= maximumLinks else { throw .system(.tooManySymbolicLinkLevels) }
            let target = try PathError.wrapping { () throws(Errno) in try File.linkTarget(of: place)
            }
            if target.hasPrefix("/") { real = "" }
            last = (place, rest.count)
            rest += names(in: target)
        }
        return real
    }

    /// Returns the names in a path, the last one first.
    ///
    /// swift-system's `FilePath` costs the hook more instructions here than the rest of the library.
    private static func names(in path: String) -> [String] {
        var names: [String] = []
        for name in path.split(separator: "/") where name != "." { names.append(String(name)) }
        names.reverse()
        return names
    }

    private static func check(
        _ place: String, _ status: Stat, isFile: Bool, trusting users: [UInt32]
    ) throws(PathError) {
        let ways =
            isFile
            ? status.exposure(trusting: users) : status.folderExposure(trusting: users)
        if !ways.isEmpty { throw .exposed(UntrustedPath(place, status, ways, isFile: isFile)) }
    }

    private static func check(
        link: String, _ status: Stat, in folder: String, trusting users: [UInt32]
    ) throws(PathError) {
        guard users.contains(status.userID.rawValue) else {
            throw .exposed(
                UntrustedPath(
                    link: link, way: "is a symbolic link of the user \(status.userID.rawValue)"))
        }
        let parent = try PathError.wrapping { () throws(Errno) in try Stat(folder) }
        if parent.isWritableByOthers {
            throw .exposed(
                UntrustedPath(
                    link: link,
                    way: "is a symbolic link in a folder that others can write to"
                        + " (mode \(parent.octalMode))"))
        }
    }
}
