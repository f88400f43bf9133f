// SPDX-License-Identifier: Apache-2.0

import System
import SystemPackage

/// The list of installed files: lines `KIND CHECKSUM-LENGTH PATH`.
struct Manifest {
    /// The kind of an entry.
    enum Kind: String {
        /// A file that `setup` wrote, and `unsetup` removes.
        case file
        /// A file of a package, which removes it itself.
        case package
        /// A directory that `setup` created; its checksum is `-`.
        case folder
    }

    /// A line of the list.
    struct Entry: Hashable {
        /// The kind.
        var kind: Kind
        /// The checksum of the contents.
        var checksum: String
        /// The path from the host's root.
        var path: String

        /// The line.
        fileprivate var line: String { "\(kind.rawValue) \(checksum) \(path)" }
    }

    /// Whether a line cannot be read, or no line is there.
    private(set) var isDamaged = false
    /// The entries, one for each path.
    private(set) var entries: [Entry] = []

    /// The files, the packages' own included.
    var files: [Entry] { entries.filter { $0.kind != .folder } }

    /// The longest list, in bytes.
    private static let maximumLength = 1 << 20

    /// Whether a path starts at the root and has no component that leads elsewhere.
    private static func isPlain(_ path: String) -> Bool {
        let names = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        return path.hasPrefix("/") && !names.isEmpty
            && names.allSatisfy { !["", ".", ".."].contains($0) }
    }

    /// Makes an empty list.
    init() {}

    /// Reads a list; returns `nil` where there is none.
    init?(at path: String) {
        guard let bytes = try? File.readRegular(path, limit: Self.maximumLength) else { return nil }
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let text = String(
                decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
            let words = text.split(separator: " ", maxSplits: 2).map(String.init)
            guard words.count == 3, let kind = Kind(rawValue: words[0]), Self.isPlain(words[2])
            else {
                isDamaged = true
                continue
            }
            add(Entry(kind: kind, checksum: words[1], path: words[2]))
        }
        if entries.isEmpty || bytes.count > Self.maximumLength { isDamaged = true }
    }

    /// Reads the list of the installation of a tool; returns `nil` where there is none.
    init?(besideTool tool: String) {
        self.init(at: Self.path(besideTool: tool))
    }

    /// The path of the list of the installation of a tool in `PREFIX/bin`.
    static func path(besideTool tool: String) -> String {
        path(below: FilePath(tool).removingLastComponent().removingLastComponent().string)
    }

    /// The path of the list below a prefix.
    static func path(below prefix: String) -> String {
        prefix + "/share/virt-watchdog/installed"
    }

    /// Adds an entry in the place of that with the same path.
    mutating func add(_ entry: Entry) {
        entries.removeAll { $0.path == entry.path }
        entries.append(entry)
    }

    /// Returns the entry of a path.
    func entry(_ path: String) -> Entry? { entries.first { $0.path == path } }

    /// The text, its lines in order.
    var text: String { entries.map { $0.line + "\n" }.sorted().joined() }
}
