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
    var nearest = candidates[0]
    var fewest = Int.max
    // Mistyped words are short. Of a long text, the start decides.
    let start = Array(word.utf8.prefix(64))
    for candidate in candidates {
        let edits = editDistance(start, Array(candidate.utf8))
        if edits < fewest {
            (nearest, fewest) = (candidate, edits)
        }
    }
    return nearest
}

/// Counts the insertions, deletions and substitutions between two texts.
package func editDistance(_ source: String, _ target: String) -> Int {
    editDistance(Array(source.utf8), Array(target.utf8))
}

/// Counts the insertions, deletions and substitutions between two texts.
private func editDistance(_ source: [UInt8], _ target: [UInt8]) -> Int {
    var row = Array(0...target.count)
    for (i, byte) in source.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, other) in target.enumerated() {
            let substituted = diagonal + (byte == other ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
        }
    }
    return row[target.count]
}
