// SPDX-License-Identifier: Apache-2.0

extension Array<String> {
    /// The number of each word, in the order of their first appearance.
    var tally: String {
        var counts: [(word: String, count: Int)] = []
        for word in self {
            let index = counts.firstIndex { $0.word == word } ?? counts.endIndex
            if index == counts.endIndex { counts.append((word, 0)) }
            counts[index].count += 1
        }
        return counts.map { "\($0.count) \($0.word)" }.joined(separator: ", ")
    }

    /// The words of guests' results as a line.
    var summary: String { isEmpty ? "" : "\(count) guest\(count == 1 ? "" : "s"): \(tally)." }
}
