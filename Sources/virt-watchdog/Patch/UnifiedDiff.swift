// SPDX-License-Identifier: Apache-2.0

/// The difference of two texts in the unified format of diff(1).
///
/// The texts are bytes in any encoding, and every differing byte counts.
struct UnifiedDiff {
    /// The number of context lines around a change.
    private static let context = 3

    /// The text of the diff. It is empty without a difference.
    let bytes: [UInt8]

    /// Compares two texts.
    ///
    /// - Parameters:
    ///   - oldName: The header's name for the old text.
    ///   - newName: The header's name for the new text.
    init(from old: [UInt8], to new: [UInt8], oldName: String, newName: String) {
        let changes = Self.changes(Self.lines(old), Self.lines(new))
        self.init(changes, oldName: oldName, newName: newName)
    }

    /// Compares two texts, and shows the old one in another spelling, to which the diff applies.
    ///
    /// A line may hold several line feeds here.
    ///
    /// - Parameters:
    ///   - old: The lines of the old text.
    ///   - new: The lines of the new text.
    ///   - original: The lines of the old text in the other spelling, as many as in `old`. If the
    ///     first one ends with CR LF, the lines that the diff adds do so, too.
    init(
        from old: [ArraySlice<UInt8>], to new: [ArraySlice<UInt8>],
        in original: [ArraySlice<UInt8>], oldName: String, newName: String
    ) {
        var changes = Self.changes(old, new)
        let hasCarriageReturns =
            original.first.flatMap { Self.lines(Array($0)).first }?.suffix(2) == Self.lineEnd[...]
        for index in changes.indices {
            if changes[index].sign != "+" {
                changes[index].text = original[changes[index].oldIndex]
            } else if hasCarriageReturns {
                changes[index].text = Self.withCarriageReturns(changes[index].text)
            }
        }
        self.init(changes, oldName: oldName, newName: newName)
    }

    private init(_ changes: [Line], oldName: String, newName: String) {
        let hunks = Self.hunks(of: Self.separated(changes))
        let header = hunks.isEmpty ? "" : "--- \(oldName)\n+++ \(newName)\n"
        bytes = Array(header.utf8) + hunks.flatMap { Self.bytes(of: $0) }
    }

    /// A line with its index in both texts and its sign.
    private struct Line {
        var sign: Character
        /// The line with its line feed, which the last one may lack.
        var text: ArraySlice<UInt8>
        var oldIndex: Int
        var newIndex: Int
    }

    private static let lineFeed = UInt8(ascii: "\n")
    /// CR LF.
    private static let lineEnd = Array("\r\n".utf8)

    /// Splits a text into lines, each with its line feed.
    static func lines(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var rest = text[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: lineFeed).map { $0 + 1 } ?? rest.endIndex
            lines.append(rest[..<end])
            rest = rest[end...]
        }
        return lines
    }

    private static func changes(
        _ old: [ArraySlice<UInt8>], _ new: [ArraySlice<UInt8>]
    ) -> [Line] {
        let difference = new.difference(from: old)
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in difference {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var lines: [Line] = []
        var (i, j) = (0, 0)
        while i < old.count || j < new.count {
            if i < old.count, removed.contains(i) {
                lines.append(Line(sign: "-", text: old[i], oldIndex: i, newIndex: j))
                i += 1
            } else if j < new.count, inserted.contains(j) {
                lines.append(Line(sign: "+", text: new[j], oldIndex: i, newIndex: j))
                j += 1
            } else {
                lines.append(Line(sign: " ", text: old[i], oldIndex: i, newIndex: j))
                (i, j) = (i + 1, j + 1)
            }
        }
        return lines
    }

    /// Returns the changes with one line feed each.
    private static func separated(_ changes: [Line]) -> [Line] {
        var result: [Line] = []
        var (oldIndex, newIndex) = (0, 0)
        for change in changes {
            for text in lines(Array(change.text)) {
                result.append(
                    Line(sign: change.sign, text: text, oldIndex: oldIndex, newIndex: newIndex))
                if change.sign != "+" { oldIndex += 1 }
                if change.sign != "-" { newIndex += 1 }
            }
        }
        return result
    }

    /// Returns a text with CR LF for each line feed.
    private static func withCarriageReturns(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        lines(Array(text)).flatMap { line in
            line.last == lineFeed && line.suffix(2) != lineEnd[...]
                ? line.dropLast() + lineEnd : line
        }[...]
    }

    /// Groups changes with touching contexts.
    private static func hunks(of lines: [Line]) -> [ArraySlice<Line>] {
        var ranges: [Range<Int>] = []
        for (index, line) in lines.enumerated() where line.sign != " " {
            let range = max(0, index - context)..<min(lines.count, index + context + 1)
            if let last = ranges.last, last.upperBound >= range.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            } else {
                ranges.append(range)
            }
        }
        return ranges.map { lines[$0] }
    }

    private static func bytes(of hunk: ArraySlice<Line>) -> [UInt8] {
        guard let first = hunk.first else { return [] }
        let old = span(from: first.oldIndex, count: hunk.count { $0.sign != "+" })
        let new = span(from: first.newIndex, count: hunk.count { $0.sign != "-" })
        return hunk.reduce(into: Array("@@ -\(old) +\(new) @@\n".utf8)) { bytes, line in
            bytes += Array(String(line.sign).utf8) + line.text
            if line.text.last != lineFeed { bytes += "\n\\ No newline at end of file\n".utf8 }
        }
    }

    /// Returns a range in a hunk's header. An empty range names the line before it.
    private static func span(from index: Int, count: Int) -> String {
        let line = count == 0 ? index : index + 1
        return count == 1 ? "\(line)" : "\(line),\(count)"
    }
}
