// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// A page of the manual, or a part of one, in mdoc.
struct ManualPage {
    /// The lines of the source.
    var lines: [String]

    /// Where the pages are.
    static let folder = Repository.root.appending(path: "hooks/man")

    /// The names of all pages.
    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .sorted()

    /// Reads a page.
    init(_ name: String) throws {
        let file = Self.folder.appending(path: name)
        lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            .map(String.init)
    }

    private init(lines: some Sequence<String>) {
        self.lines = Array(lines)
    }

    /// The section of that title, or an empty part.
    func section(_ title: String) -> ManualPage {
        part(after: ".Sh \(title)", before: [".Sh "])
    }

    /// The subsection of that title, or an empty part.
    func subsection(_ title: String) -> ManualPage {
        part(after: ".Ss \(title)", before: [".Ss ", ".Sh "])
    }

    /// The text below a line, up to the next line that starts with one of some words.
    func part(after head: String, before ends: [String]) -> ManualPage {
        let rest = lines.drop { $0 != head }.dropFirst()
        return ManualPage(lines: rest.prefix { line in !ends.contains(where: line.hasPrefix) })
    }

    /// What follows a macro on its lines, for each line that starts with it.
    func arguments(of macro: String) -> [String] {
        lines.filter { $0.hasPrefix(macro + " ") }.map { String($0.dropFirst(macro.count + 1)) }
    }

    /// All options that are named, as they are typed.
    var options: Set<String> {
        var options: Set<String> = []
        for line in lines where line.hasPrefix(".") {
            let words = line.dropFirst().split(separator: " ")
            for (macro, name) in zip(words, words.dropFirst()) where macro == "Fl" {
                options.insert("-\(name)")
            }
        }
        return options
    }

    /// The literal displays, as a reader sees them: `.Dl` lines, and blocks from `.Bd` to `.Ed`.
    var displays: [String] {
        var displays: [String] = []
        var block: [String]?
        for line in lines {
            if line.hasPrefix(".Dl ") {
                displays.append(Self.unescaped(line.dropFirst(4)))
            } else if line.hasPrefix(".Bd -literal") {
                block = []
            } else if line == ".Ed" {
                displays.append((block ?? []).joined(separator: "\n"))
                block = nil
            } else {
                block?.append(Self.unescaped(line[...]))
            }
        }
        return displays
    }

    /// The words after a program's name, for each literal text that starts with it.
    func commands(of program: String) -> [[String]] {
        let texts = arguments(of: ".Ql") + displays.flatMap { $0.components(separatedBy: "\n") }
        return texts.compactMap { text in
            let words = text.split(separator: " ").map(String.init)
            return words.first == program ? Array(words.dropFirst()) : nil
        }
    }

    /// Returns a text without the escapes of roff that the pages use in displays.
    private static func unescaped(_ text: some StringProtocol) -> String {
        String(text).replacing("\\e", with: "\\").replacing("\\&", with: "")
            .replacing("\\-", with: "-")
    }

    /// What a reader sees, on one line, without what the macros make of it.
    var text: String {
        let words = lines.flatMap { line in
            guard line.hasPrefix(".") else { return line.split(separator: " ").map(String.init) }
            return line.dropFirst().split(separator: " ").map(String.init).filter {
                $0.wholeMatch(of: /[A-Z][a-z]/) == nil
            }
        }
        return words.joined(separator: " ").replacing(#/ ([.,;:)])/#) { $0.output.1 }
    }
}
