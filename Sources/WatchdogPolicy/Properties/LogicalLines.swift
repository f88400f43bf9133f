// SPDX-License-Identifier: Apache-2.0

/// The logical lines of a properties file, without comments and blank lines, and with continuations
/// joined.
///
/// The order of the tests below is that of Java's `Properties.LineReader.readLine`. It decides odd
/// cases: after an empty continued line, a comment sign starts a comment. After a line with text,
/// it does not.
struct LogicalLines {
    let bytes: [UInt8]
    private var index = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads the next logical line, or returns `nil` at the end of the file.
    mutating func next() -> LogicalLine? {
        var line = LogicalLine()
        var skipsBlanks = true
        var isContinued = false
        var followsBackslash = false

        while index < bytes.count {
            let offset = index
            let byte = bytes[offset]
            index += 1

            if skipsBlanks {
                if byte.isPropertiesBlank { continue }
                if !isContinued, byte.isLineEnd { continue }
                skipsBlanks = false
                isContinued = false
            }
            if line.isEmpty, byte == ASCII.numberSign || byte == ASCII.exclamationMark {
                skipComment()
                skipsBlanks = true
                continue
            }
            if !byte.isLineEnd {
                line.append(byte, from: offset)
                followsBackslash = byte == ASCII.backslash ? !followsBackslash : false
                continue
            }
            if line.isEmpty {
                skipsBlanks = true
                continue
            }
            guard followsBackslash else { return line }
            line.removeLast()
            if index == bytes.count { return line }
            skipsBlanks = true
            isContinued = true
            followsBackslash = false
            if byte == ASCII.carriageReturn, bytes[index] == ASCII.lineFeed { index += 1 }
        }
        if line.isEmpty { return nil }
        if followsBackslash { line.removeLast() }
        return line
    }

    private mutating func skipComment() {
        while index < bytes.count, !bytes[index].isLineEnd { index += 1 }
        if index < bytes.count { index += 1 }
    }
}

/// One logical line, still escaped, with the source of each of its bytes.
struct LogicalLine {
    private var bytes: [UInt8] = []
    /// The jumps of the source offsets: from byte `index` on, byte i comes from `source` + i -
    /// index.
    private var runs: [(index: Int, source: Int)] = []

    var isEmpty: Bool { bytes.isEmpty }
    var count: Int { bytes.count }

    mutating func append(_ byte: UInt8, from source: Int) {
        if self.source(of: bytes.count) != source || runs.isEmpty {
            runs.append((bytes.count, source))
        }
        bytes.append(byte)
    }

    mutating func removeLast() {
        bytes.removeLast()
    }

    /// Returns the offset in the file of a byte of this line, or of its end.
    func source(of index: Int) -> Int {
        guard let run = runs.last(where: { $0.index <= index }) else { return 0 }
        return run.source + index - run.index
    }

    /// Finds the end of the key and the start of the value.
    func split() -> (keyEnd: Int, valueStart: Int) {
        var keyEnd = 0
        var valueStart = bytes.count
        var hasSeparator = false
        var followsBackslash = false
        while keyEnd < bytes.count {
            let byte = bytes[keyEnd]
            if !followsBackslash, byte.isPropertiesSeparator || byte.isPropertiesBlank {
                hasSeparator = byte.isPropertiesSeparator
                valueStart = keyEnd + 1
                break
            }
            followsBackslash = byte == ASCII.backslash ? !followsBackslash : false
            keyEnd += 1
        }
        while valueStart < bytes.count {
            let byte = bytes[valueStart]
            if !byte.isPropertiesBlank {
                guard !hasSeparator, byte.isPropertiesSeparator else { break }
                hasSeparator = true
            }
            valueStart += 1
        }
        return (keyEnd, valueStart)
    }

    /// Resolves the escapes of a part of the line.
    ///
    /// - Parameters:
    ///   - malformed: Receives the index of the backslash of each malformed `\uXXXX`.
    ///   - escapedLatin1: Receives the index in the text of each `\uXXXX` from U+0080 to U+00FF.
    func unescaped(
        _ range: Range<Int>, malformed: inout [Int], escapedLatin1: inout [Int]
    ) -> Properties.Text {
        var text: Properties.Text = []
        text.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            index += 1
            guard byte == ASCII.backslash, index < range.upperBound else {
                text.append(UInt16(byte))
                continue
            }
            let escaped = bytes[index]
            index += 1
            switch escaped {
            case UInt8(ascii: "t"): text.append(UInt16(ASCII.tab))
            case UInt8(ascii: "n"): text.append(UInt16(ASCII.lineFeed))
            case UInt8(ascii: "r"): text.append(UInt16(ASCII.carriageReturn))
            case UInt8(ascii: "f"): text.append(UInt16(ASCII.formFeed))
            case UInt8(ascii: "u"):
                if let unit = hexadecimalUnit(at: index, before: range.upperBound) {
                    if (0x80...0xFF).contains(unit) { escapedLatin1.append(text.count) }
                    text.append(unit)
                    index += 4
                } else {
                    malformed.append(index - 2)
                    text.append(UInt16(escaped))
                }
            default: text.append(UInt16(escaped))
            }
        }
        return text
    }

    /// Resolves the escapes on the entry's first line.
    func unescapedOnFirstLine(from start: Int) -> Properties.Text {
        let end = runs.count > 1 ? min(runs[1].index, count) : count
        var (ignored, alsoIgnored): ([Int], [Int]) = ([], [])
        return unescaped(
            start..<max(start, end), malformed: &ignored, escapedLatin1: &alsoIgnored)
    }

    private func hexadecimalUnit(at index: Int, before end: Int) -> UInt16? {
        guard index + 4 <= end else { return nil }
        var unit: UInt16 = 0
        for byte in bytes[index..<index + 4] {
            guard let digit = byte.hexadecimalDigit else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}

/// The special characters of the properties format.
enum ASCII {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let formFeed: UInt8 = 0x0C
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let exclamationMark: UInt8 = 0x21
    static let numberSign: UInt8 = 0x23
    static let colon: UInt8 = 0x3A
    static let equalsSign: UInt8 = 0x3D
    static let backslash: UInt8 = 0x5C
}

extension UInt8 {
    fileprivate var isPropertiesBlank: Bool {
        self == ASCII.space || self == ASCII.tab || self == ASCII.formFeed
    }

    fileprivate var isPropertiesSeparator: Bool {
        self == ASCII.equalsSign || self == ASCII.colon
    }

    fileprivate var isLineEnd: Bool {
        self == ASCII.lineFeed || self == ASCII.carriageReturn
    }

    fileprivate var hexadecimalDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
