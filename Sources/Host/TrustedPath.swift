// SPDX-License-Identifier: Apache-2.0

internal import System
internal import SystemPackage

/// A resolver for paths that only trusted users can change.
package enum TrustedPath {
    /// The limit of symbolic links in one path, as in the kernel.
    private static let maximumLinks = 40

    /// Follows a path link by link, and checks that only trusted users can change it or its file.
    ///
    /// Those users must own the file and each directory and link, and no other user may write to
    /// them. A sticky directory such as `/tmp` is an exception, because other users cannot replace
    /// a file there. But this function follows no link in one. It checks each directory before its
    /// entries, so other users cannot replace an entry after its check.
    ///
    /// The C functions are `lstat` and `readlink`.
    ///
    /// - Returns: The path without symbolic links.
    package static func resolve(
        _ path: String, trusting users: [UInt32]
    ) throws(PathError) -> String {
        // The root is the empty string: each name follows a slash.
        var real = ""
        var rest = names(in: path)
        if !path.hasPrefix("/") {
            rest += names(
                in: try PathError.wrapping { () throws(Errno) in try File.realPath(of: ".") })
        }
        var links = 0
        // The last link, and the number of names after it.
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
                // Other kinds, such as /dev/null, are not read. Their permissions stay as they are.
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
        link: String, _ status: Stat, in directory: String, trusting users: [UInt32]
    ) throws(PathError) {
        guard users.contains(status.userID.rawValue) else {
            throw .exposed(
                UntrustedPath(
                    link: link, way: "is a symbolic link of the user \(status.userID.rawValue)"))
        }
        let parent = try PathError.wrapping { () throws(Errno) in try Stat(directory) }
        if parent.isWritableByOthers {
            throw .exposed(
                UntrustedPath(
                    link: link,
                    way: "is a symbolic link in a directory that other users can write to"
                        + " (mode \(parent.octalMode))"))
        }
    }
}
