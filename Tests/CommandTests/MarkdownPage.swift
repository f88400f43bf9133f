// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// A document of the repository in Markdown.
struct MarkdownPage {
    /// The path of the document in the repository.
    var path: String
    /// The lines of the document.
    var lines: [String]

    /// The paths of all documents that people read in the repository.
    static let paths =
        ["README.md"] + files(in: ".github").filter { $0.hasSuffix(".md") }
        + files(in: "Tests").map { $0 + "/README.md" }.filter(exists)

    /// Reads a document by its path in the repository.
    init(_ path: String) throws {
        self.path = path
        let text = try String(contentsOf: Repository.root.appending(path: path), encoding: .utf8)
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
    }

    /// Returns the cells of each row of the table below a heading, without the table's header.
    func rows(below heading: String) -> [[String]] {
        let section = lines.drop { $0 != "## \(heading)" }.dropFirst()
            .prefix { !$0.hasPrefix("## ") }
        return section.filter { $0.hasPrefix("|") }.dropFirst(2).map { row in
            row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    /// The text outside code blocks.
    var prose: String {
        var isCode = false
        return lines.filter { line in
            let isFence = line.trimmingCharacters(in: .whitespaces).hasPrefix("```")
            if isFence { isCode.toggle() }
            return !isFence && !isCode
        }.joined(separator: "\n")
    }

    /// The texts between backticks, outside code blocks.
    var codeSpans: [String] { prose.matches(of: /`([^`\n]+)`/).map { String($0.output.1) } }

    /// The targets of relative links, as paths in the repository.
    var linkedPaths: [String] {
        let targets = prose.matches(of: /\]\(([^()\s]+)\)/).map { String($0.output.1) }
        let folder = Repository.root.appending(path: path).deletingLastPathComponent()
        return targets.filter { !$0.contains("://") && !$0.hasPrefix("#") }.map { target in
            let file = target.prefix { $0 != "#" }
            let linked = folder.appending(path: String(file)).standardizedFileURL.path
            let root = Repository.root.standardizedFileURL.path + "/"
            return linked.hasPrefix(root) ? String(linked.dropFirst(root.count)) : linked
        }
    }

    /// Whether a path of the repository exists.
    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: Repository.root.appending(path: path).path)
    }

    private static func files(in folder: String) -> [String] {
        let names = try? FileManager.default.contentsOfDirectory(
            atPath: Repository.root.appending(path: folder).path)
        return (names ?? []).sorted().map { "\(folder)/\($0)" }
    }
}
