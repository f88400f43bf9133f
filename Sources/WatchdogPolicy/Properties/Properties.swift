// SPDX-License-Identifier: Apache-2.0

/// The entries of a Java properties file, in the order of the file.
///
/// The format is that of `java.util.Properties.load(InputStream)` in JDK 17. Bytes are ISO 8859-1,
/// and `=`, `:` and blanks separate keys and values. Comments start only at the start of a logical
/// line. Blanks at the end of a value belong to it.
///
/// Java refuses a whole file with a malformed `\uXXXX`. This type keeps the place in ``defects``,
/// reads the `u` as a letter, and continues.
package struct Properties: Sendable {
    /// The UTF-16 code units of a Java string, which may hold surrogates without a partner.
    package typealias Text = [UInt16]

    /// A key and a value with their places.
    package struct Entry: Sendable, Hashable {
        /// The unescaped key.
        package var key: Text
        /// The unescaped value with the blanks at its end.
        package var value: Text
        /// The part of the value on the entry's first line. The lines after a backslash may be
        /// another entry, joined by mistake.
        package var valueOnFirstLine: Text
        /// The indices of the value's code units from U+0080 to U+00FF that the file has as
        /// `\uXXXX`. The others are bytes of the file, which may be UTF-8.
        package var escapedLatin1: [Int]
        /// The place of the key's first character.
        package var keyPosition: SourcePosition
        /// The place of the value's first character, or of an empty value.
        package var valuePosition: SourcePosition
        /// Whether the key or the value has a malformed `\uXXXX`, and both are uncertain.
        package var isMalformed: Bool
    }

    /// The wanted entries, duplicates included, in the order of the file.
    package private(set) var entries: [Entry] = []

    /// The places of malformed `\uXXXX` escapes. Java throws at the first one.
    package private(set) var defects: [SourcePosition] = []

    /// Reads a properties file.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - isWanted: Returns whether to keep an entry with that key. Dropping the others at once
    ///     keeps the file's secrets out of memory.
    package init(reading bytes: [UInt8], keeping isWanted: (Text) -> Bool = { _ in true }) {
        var lines = LogicalLines(bytes: bytes)
        var places = SourceMap(bytes: bytes)
        while let line = lines.next() {
            let (keyEnd, valueStart) = line.split()
            var malformed: [Int] = []
            var escapedLatin1: [Int] = []
            let key = line.unescaped(
                0..<keyEnd, malformed: &malformed, escapedLatin1: &escapedLatin1)
            escapedLatin1.removeAll()
            let value = line.unescaped(
                valueStart..<line.count, malformed: &malformed, escapedLatin1: &escapedLatin1)
            for index in malformed {
                defects.append(places.position(of: line.source(of: index)))
            }
            guard isWanted(key) else { continue }
            entries.append(
                Entry(
                    key: key, value: value,
                    valueOnFirstLine: line.unescapedOnFirstLine(from: valueStart),
                    escapedLatin1: escapedLatin1,
                    keyPosition: places.position(of: line.source(of: 0)),
                    valuePosition: places.position(of: line.source(of: valueStart)),
                    isMalformed: !malformed.isEmpty))
        }
    }
}

/// A place in a text file.
package struct SourcePosition: Sendable, Hashable {
    /// The line, from 1.
    package var line: Int
    /// The column, from 1, in characters of the file's encoding.
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

extension SourcePosition {
    /// Finds the place of a byte in a text with one byte per character.
    init(of offset: Int, in bytes: [UInt8]) {
        var places = SourceMap(bytes: bytes)
        self = places.position(of: offset)
    }
}

/// The places of bytes in a text with one byte per character. CR, LF and CR LF each end a line.
///
/// Each search continues from the last place, so sorted searches take one pass.
private struct SourceMap {
    private let bytes: [UInt8]
    private var line = 1
    private var lineStart = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func position(of offset: Int) -> SourcePosition {
        if offset < lineStart { (line, lineStart) = (1, 0) }
        while let next = startOfNextLine, next <= offset {
            line += 1
            lineStart = next
        }
        return SourcePosition(line: line, column: offset - lineStart + 1)
    }

    private var startOfNextLine: Int? {
        var index = lineStart
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == ASCII.lineFeed { return index }
            if byte == ASCII.carriageReturn {
                return index < bytes.count && bytes[index] == ASCII.lineFeed ? index + 1 : index
            }
        }
        return nil
    }
}
