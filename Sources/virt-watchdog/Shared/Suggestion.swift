// SPDX-License-Identifier: Apache-2.0

import WatchdogPolicy

/// The word that a misspelt word of the command line probably means.
enum Suggestion {
    /// The options that make a command treat more guests. A suggestion must not.
    private static let widening: Set = ["--all", "-all"]

    private static let question = " Did you mean '"

    /// Returns the rest of a message about an unknown word: a question, or nothing.
    static func clause(for word: String, among candidates: [String]) -> String {
        likelySpelling(of: word, among: candidates).map { ".\(question)\($0)'?" } ?? "."
    }

    /// Returns the argument parser's message without its rash suggestions.
    ///
    /// The parser suggests any option within three edits: for `--yes`, `--all`.
    static func filtered(_ message: String) -> String {
        message.split(separator: "\n", omittingEmptySubsequences: false)
            .map { filtered(line: String($0)) }.joined(separator: "\n")
    }

    private static func filtered(line: String) -> String {
        guard line.hasSuffix("'?"), let range = line.ranges(of: question).last,
            let start = line.firstRange(of: "Unknown option '")
        else { return line }
        let word = line[start.upperBound..<range.lowerBound].dropLast(2)
        let suggestion = String(line[range.upperBound...].dropLast(2))
        let isLikely =
            likelySpelling(of: bare(String(word)), among: [bare(suggestion)]) != nil
        return isLikely && !widening.contains(suggestion)
            ? line : String(line[..<range.lowerBound])
    }

    /// Returns an option without its dashes, which are no part of the spelling.
    private static func bare(_ option: String) -> String { String(option.drop { $0 == "-" }) }
}
