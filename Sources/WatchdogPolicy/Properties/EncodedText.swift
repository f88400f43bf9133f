/// A part of a value in both readings that it may have.
///
/// Java reads each byte of a properties file as a character of ISO 8859-1, but editors write UTF-8.
/// A character that stands in the file as an escape is the same in both readings.
struct EncodedText {
    /// The characters that the author most likely saw, each with the code units that Java makes of it.
    private var characters: [(scalar: Unicode.Scalar, units: ArraySlice<UInt16>)] = []
    /// The text as Java reads it.
    var asJava: String { String(decoding: characters.flatMap(\.units), as: UTF16.self) }

    /// The text as UTF-8, or nothing where it is the same or the bytes are no UTF-8.
    var asUTF8: String? {
        // Not `==`, for which a composed character equals its parts.
        asWritten.utf8.elementsEqual(asJava.utf8) ? nil : asWritten
    }

    /// The text in UTF-8 where it can be that, else as Java reads it.
    var asWritten: String {
        var text = ""
        text.unicodeScalars.append(contentsOf: characters.lazy.map(\.scalar))
        return text
    }

    /// Reads a part of an entry's value.
    ///
    /// - Parameter isByte: Whether the code unit with an index is a byte beyond ASCII.
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

    /// The parts of a text between its commas, where no bytes may be UTF-8.
    static func parts(of text: String) -> [EncodedText] {
        text.utf16.split(separator: UInt16(UInt8(ascii: ",")), omittingEmptySubsequences: false)
            .map { EncodedText(ArraySlice($0), isByte: { _ in false }) }
    }

    /// Appends code units as the UTF-16 that they are.
    private mutating func appendUnits(_ units: ArraySlice<UInt16>) {
        var place = units.startIndex
        for scalar in String(decoding: units, as: UTF16.self).unicodeScalars {
            let next = place + UTF16.width(scalar)
            characters.append((scalar, units[place..<next]))
            place = next
        }
    }

    /// The text without blanks at both ends: ASCII white space and the no-break space.
    func trimmingBlanks() -> EncodedText {
        var text = self
        let end = characters.lastIndex { !$0.scalar.isBlank }.map { $0 + 1 } ?? 0
        text.characters = Array(characters[..<end].drop { $0.scalar.isBlank })
        return text
    }

    /// Whether there is no character.
    var isEmpty: Bool { characters.isEmpty }
}

extension Properties.Entry {
    /// The parts of the value between its commas; each may be in another encoding.
    var parts: [EncodedText] {
        value.split(separator: UInt16(UInt8(ascii: ",")), omittingEmptySubsequences: false).map {
            EncodedText($0) { (0x80...0xFF).contains(value[$0]) && !isEscaped($0) }
        }
    }

    /// Whether a code unit of the value is one of ``escapedLatin1``, which are in order.
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
