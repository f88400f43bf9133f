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

/// The explanations below a table: one for each phrase and warning.
struct Legend {
    private struct Entry {
        var phrase: String
        /// The explanation of the first guest.
        var explanation: String
        var firstGuest: String
        var count = 0
        /// Whether the explanations differ.
        var varies = false
    }

    private static let indentation = "    "
    private var entries: [Entry] = []
    private var warnings: [Entry] = []

    /// Adds the reason for a guest's row.
    mutating func add(_ why: Why, of guest: String) {
        if !why.isPlain {
            Self.add(why.phrase, why.explanation, guest, to: &entries) { $0.phrase == why.phrase }
        }
        for warning in why.warnings {
            Self.add("warning", warning, guest, to: &warnings) { $0.explanation == warning }
        }
    }

    private static func add(
        _ phrase: String, _ explanation: String, _ guest: String, to entries: inout [Entry],
        where isSame: (Entry) -> Bool
    ) {
        let index = entries.firstIndex(where: isSame) ?? entries.endIndex
        if index == entries.endIndex {
            entries.append(Entry(phrase: phrase, explanation: explanation, firstGuest: guest))
        }
        entries[index].count += 1
        if entries[index].explanation != explanation { entries[index].varies = true }
    }

    /// Returns the lines, folded to the width.
    func lines(width: Int?) -> [String] {
        (entries + warnings).flatMap { entry in
            let guests = entry.count == 1 ? "" : " (\(entry.count) guests)"
            let example = "\(guests), such as \(escaped(entry.firstGuest, quote: "\""))"
            let text = printable(
                "\(entry.phrase)\(entry.varies ? example : guests): \(entry.explanation)")
            let lines = OutputEncoding.current.shown(text)
                .folded(to: width.map { max($0 - Self.indentation.count, 20) } ?? .max)
            return lines.enumerated().map { $0 == 0 ? $1 : Self.indentation + $1 }
        }
    }
}
