// SPDX-License-Identifier: Apache-2.0

/// Returns the word that an author probably meant.
///
/// That is the first candidate with the word as its prefix, else the first one with the fewest
/// edits.
///
/// - Precondition: `candidates` is not empty.
func nearestSpelling(to word: String, among candidates: [String]) -> String {
    if word.count >= 2, let longer = candidates.first(where: { $0.hasPrefix(word) }) {
        return longer
    }
    return fewestEdits(from: word, among: candidates)?.candidate ?? candidates[0]
}

/// Returns the candidate that an author probably meant, or `nil` if none is close.
///
/// That is the only candidate with the word as its prefix, else the first one with the fewest
/// edits, if these are few for the word's length. Upper and lower case are equal.
package func likelySpelling(of word: String, among candidates: [String]) -> String? {
    let lowered = word.lowercased()
    let longer = candidates.filter { $0.lowercased().hasPrefix(lowered) }
    if word.count >= 2, longer.count == 1 { return longer[0] }
    let limit = min(word.count / 3, 3)
    guard
        let nearest = fewestEdits(from: lowered, among: candidates.map { $0.lowercased() }),
        nearest.edits <= limit
    else { return nil }
    return candidates[nearest.index]
}

/// Returns the first candidate with the fewest edits, or `nil` without candidates.
private func fewestEdits(
    from word: String, among candidates: [String]
) -> (index: Int, candidate: String, edits: Int)? {
    // Mistyped words are short. Of a long text, the start decides.
    let start = Array(word.utf8.prefix(64))
    var nearest: (index: Int, candidate: String, edits: Int)?
    for (index, candidate) in candidates.enumerated() {
        let edits = editDistance(start, Array(candidate.utf8))
        if nearest.map({ edits < $0.edits }) ?? true { nearest = (index, candidate, edits) }
    }
    return nearest
}

/// Counts the insertions, deletions, substitutions and swaps of neighbours between two texts.
package func editDistance(_ source: String, _ target: String) -> Int {
    editDistance(Array(source.utf8), Array(target.utf8))
}

/// Counts the insertions, deletions, substitutions and swaps of neighbours between two texts.
///
/// This is the optimal string alignment distance.
private func editDistance(_ source: [UInt8], _ target: [UInt8]) -> Int {
    var (older, previous) = ([Int](), Array(0...target.count))
    for (i, byte) in source.enumerated() {
        var row = [i + 1]
        for (j, other) in target.enumerated() {
            let substituted = previous[j] + (byte == other ? 0 : 1)
            var edits = min(substituted, row[j] + 1, previous[j + 1] + 1)
            if i > 0, j > 0, byte == target[j - 1], source[i - 1] == other {
                edits = min(edits, older[j - 1] + 1)
            }
            row.append(edits)
        }
        (older, previous) = (previous, row)
    }
    return previous[target.count]
}
