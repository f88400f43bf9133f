// SPDX-License-Identifier: Apache-2.0

import System
import WatchdogPolicy

/// The reason for a guest's row.
struct Why: Hashable {
    /// The reason in a few words, for the table.
    var phrase: String
    /// The reason as `fact: cause; fix`. `GUEST` stands for the guest's name.
    var explanation: String
    /// The warnings. Each is a clause.
    var warnings: [String] = []
    /// Whether the phrase says it all, so the explanation is for programs alone.
    var isPlain = false

    /// Whether there is more to say than the phrase.
    var hasMore: Bool { !isPlain || !warnings.isEmpty }

    /// The text in the table.
    var cell: String { printable(phrase + (warnings.isEmpty ? "" : " (warning)")) }

    /// Returns the explanation for one guest.
    func explanation(for guest: String) -> String {
        explanation.replacing(/\bGUEST\b/, with: guest.shellWord)
    }

    /// Returns the explanation with the warnings, for one guest.
    func reason(for guest: String) -> String {
        warnings.reduce(explanation(for: guest)) { "\($0); warning: \($1)" }
    }
}

/// The explanations below a table: each once, and each warning once.
struct Legend {
    private struct Entry {
        var phrase: String
        var explanation: String
        var firstGuest: String
        var count = 0
    }

    private static let indentation = "    "
    /// The most explanations of one phrase.
    private static let limit = 5
    private var entries: [Entry] = []
    private var warnings: [Entry] = []

    /// Adds the reason for a guest's row.
    mutating func add(_ why: Why, of guest: String) {
        if !why.isPlain { Self.add(why.phrase, why.explanation, guest, to: &entries) }
        for warning in why.warnings { Self.add("warning", warning, guest, to: &warnings) }
    }

    private static func add(
        _ phrase: String, _ explanation: String, _ guest: String, to entries: inout [Entry]
    ) {
        let index =
            entries.firstIndex { $0.phrase == phrase && $0.explanation == explanation }
            ?? entries.endIndex
        if index == entries.endIndex {
            entries.append(Entry(phrase: phrase, explanation: explanation, firstGuest: guest))
        }
        entries[index].count += 1
    }

    /// Returns the lines, folded to the width.
    func lines(width: Int?) -> [String] {
        Self.texts(of: entries + warnings).flatMap { text in
            let lines = OutputEncoding.current.shown(printable(text))
                .folded(to: width.map { max($0 - Self.indentation.count, 20) } ?? .max)
            return lines.enumerated().map { $0 == 0 ? $1 : Self.indentation + $1 }
        }
    }

    /// Returns a text for each explanation. A phrase with several ones has a guest's name in each.
    private static func texts(of entries: [Entry]) -> [String] {
        var phrases: [String] = []
        for entry in entries where !phrases.contains(entry.phrase) { phrases.append(entry.phrase) }
        return phrases.flatMap { phrase in
            let same = entries.filter { $0.phrase == phrase }
            let texts = same.prefix(limit).map { entry in
                let others = entry.count == 1 ? "" : " and \(entry.count - 1) more"
                let guests =
                    same.count > 1 && phrase != "warning"
                    ? " (\(entry.firstGuest)\(others))"
                    : entry.count == 1 ? "" : " (\(entry.count) guests)"
                return "\(phrase)\(guests): \(entry.explanation)"
            }
            let rest = same.count - texts.count
            return texts + (rest > 0 ? ["\(phrase): \(rest) more reasons; see --verbose"] : [])
        }
    }
}
