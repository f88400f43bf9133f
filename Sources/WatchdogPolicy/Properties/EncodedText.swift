// SPDX-License-Identifier: Apache-2.0

/// A part of a value in both possible readings.
///
/// Java reads each byte of a properties file as a character of ISO 8859-1, but editors write UTF-8.
/// An escaped character is the same in both readings.
struct EncodedText {
    /// The characters in the author's probable reading, each with Java's code units for it.
    private var characters: [(scalar: Unicode.Scalar, units: ArraySlice<UInt16>)] = []
    /// The text as Java reads it.
    var asJava: String { String(decoding: characters.flatMap(\.units), as: UTF16.self) }

    /// The text in UTF-8, or `nil` if that is the same, or the bytes are not UTF-8.
    var asUTF8: String? {
        // `==` would compare a composed character and its parts as equal.
        asWritten.utf8.elementsEqual(asJava.utf8) ? nil : asWritten
    }

    /// The text in UTF-8 if the bytes are valid, else as Java reads it.
    var asWritten: String {
        var text = ""
        text.unicodeScalars.append(contentsOf: characters.lazy.map(\.scalar))
        return text
    }

    /// Reads a part of an entry's value.
    ///
    /// - Parameter isByte: Returns whether the code unit at an index is a byte beyond ASCII.
    fileprivate init(_ units: ArraySlice<UInt16>, isByte: (Int) -> Bool) {
        var index = units.startIndex
        while index < units.endIndex {
            let start = (index..<units.endIndex).first(where: isByte) ?? units.endIndex
            appendUnits(units[index..<start])
            index = (start..<units.endIndex).first { !isByte($0) } ?? units.endIndex
            let bytes = units[start..<index].map { UInt8(truncatingIfNeeded: $0) }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                characters = []
                appendUnits(units)
                return
            }
            var place = start
            for scalar in text.unicodeScalars {
                let next = place + UTF8.width(scalar)
                characters.append((scalar, units[place..<next]))
                place = next
            }
        }
    }

    /// Splits a text without UTF-8 bytes at its commas.
    static func parts(of text: String) -> [EncodedText] {
        text.utf16.split(separator: UInt16(UInt8(ascii: ",")), omittingEmptySubsequences: false)
            .map { EncodedText(ArraySlice($0), isByte: { _ in false }) }
    }

    /// Appends code units as UTF-16.
    private mutating func appendUnits(_ units: ArraySlice<UInt16>) {
        var place = units.startIndex
        for scalar in String(decoding: units, as: UTF16.self).unicodeScalars {
            let next = place + UTF16.width(scalar)
            characters.append((scalar, units[place..<next]))
            place = next
        }
    }

    /// Returns the text without blanks at both ends: ASCII white space and the no-break space.
    func trimmingBlanks() -> EncodedText {
        var text = self
        let end = characters.lastIndex { !$0.scalar.isBlank }.map { $0 + 1 } ?? 0
        text.characters = Array(characters[..<end].drop { $0.scalar.isBlank })
        return text
    }

    var isEmpty: Bool { characters.isEmpty }
}

extension Properties.Entry {
    /// The parts of the value between its commas, each in its own encoding.
    var parts: [EncodedText] {
        value.split(separator: UInt16(UInt8(ascii: ",")), omittingEmptySubsequences: false).map {
            EncodedText($0) { (0x80...0xFF).contains(value[$0]) && !isEscaped($0) }
        }
    }

    /// Returns whether the sorted ``escapedLatin1`` has the index of a code unit.
    private func isEscaped(_ index: Int) -> Bool {
        var range = escapedLatin1.indices
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            if escapedLatin1[middle] == index { return true }
            range =
                escapedLatin1[middle] < index
                ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return false
    }
}
