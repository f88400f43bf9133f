/// Finds the word that somebody meant: one that begins so, else the one that takes the fewest edits
/// to reach; of equals the first.
///
/// - Precondition: There is a candidate.
func nearestSpelling(to word: String, among candidates: [String]) -> String {
    if word.count >= 2, let longer = candidates.first(where: { $0.hasPrefix(word) }) {
        return longer
    }
    var nearest = candidates[0]
    var fewest = Int.max
    // A value that somebody mistyped is short; of a long one its start decides.
    let start = Array(word.utf8.prefix(64))
    for candidate in candidates {
        let edits = editDistance(start, Array(candidate.utf8))
        if edits < fewest {
            (nearest, fewest) = (candidate, edits)
        }
    }
    return nearest
}

/// Counts the insertions, deletions and substitutions that lead from one text to the other.
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

/// Cuts a key or a value behind the first character that may stand between a key and its value, the
/// one that it may start with apart.
///
/// Such a text most likely is two lines of a file that were glued together, by a lost line end or a
/// backslash, and what follows may be the other line's secret.
func withoutGluedEntry(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard let separator = scalars.dropFirst().firstIndex(where: \.mayEndKey),
        // Blanks at the end are a matter of their own.
        !text[separator...].trimmingBlanks().isEmpty
    else { return text }
    return String(scalars[...separator]) + "…"
}

/// Puts foreign text into single quotes, safe for a terminal and a log.
///
/// Control characters, backslashes and quotes are written as escapes, and a text of more than 128
/// characters is cut, so that whoever writes a name cannot forge a line.
package func quoted(_ text: String) -> String {
    "'\(escaped(text, quote: "'"))'"
}

/// Writes foreign text without anything that could end the quotes around it or move a cursor.
package func escaped(_ text: String, quote: Unicode.Scalar) -> String {
    var result = ""
    for (count, scalar) in text.unicodeScalars.enumerated() {
        if count == 128 {
            result += "…"
            break
        }
        if scalar == "\\" || scalar == quote { result.unicodeScalars.append("\\") }
        result.append(printable: scalar)
    }
    return result
}

/// Writes text so that nothing in it could end its line or move a cursor: each control character as
/// an escape, and the rest as it is.
package func printable(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { $0.append(printable: $1) }
}

extension String {
    fileprivate mutating func append(printable scalar: Unicode.Scalar) {
        switch scalar {
        case "\n": self += "\\n"
        case "\r": self += "\\r"
        case "\t": self += "\\t"
        case _ where scalar.isDisruptive: self += "\\u{\(String(scalar.value, radix: 16))}"
        default: unicodeScalars.append(scalar)
        }
    }
}

extension Unicode.Scalar {
    /// Whether a key may end here, or a line could have: Java's separators, blanks of all kinds, and
    /// control characters.
    var mayEndKey: Bool {
        // Of ASCII, Unicode's tables need not be asked.
        value < 0x7F
            ? value <= 0x20 || self == "=" || self == ":" : properties.isWhitespace || isDisruptive
    }

    /// Whether the scalar is a control character, steers the direction of the text around it, or is
    /// not to be seen.
    package var isDisruptive: Bool {
        switch value {
        case 0x00...0x1F, 0x7F...0x9F, 0xAD, 0x034F, 0x061C, 0x115F...0x1160, 0x17B4...0x17B5,
            0x180B...0x180F, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0x3164,
            0xFE00...0xFE0F,
            0xFEFF, 0xFFA0, 0xFFF0...0xFFFB, 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A,
            0xE0000...0xE0FFF:
            true
        default: false
        }
    }
}

extension StringProtocol {
    /// The text without blanks at both ends: ASCII white space and the no-break space.
    func trimmingBlanks() -> SubSequence {
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.isBlank }),
            let last = scalars.lastIndex(where: { !$0.isBlank })
        else { return self[startIndex..<startIndex] }
        return self[first..<scalars.index(after: last)]
    }
}

extension Unicode.Scalar {
    /// Whether it is ASCII white space or the no-break space.
    var isBlank: Bool {
        switch value {
        case 0x09...0x0D, 0x20, 0xA0: true
        default: false
        }
    }
}
