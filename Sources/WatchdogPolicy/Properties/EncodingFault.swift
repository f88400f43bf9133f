// SPDX-License-Identifier: Apache-2.0

/// A fault of a file's encoding, by which Java reads another text than its author sees.
struct EncodingFault {
    let position: SourcePosition
    /// The fault as `fact: cause; fix`.
    let message: String
    /// Whether Java may not see keys that the author sees.
    let hidesKeys: Bool

    /// Finds the worst fault of a file's encoding.
    ///
    /// - Parameter prefix: The prefix of our keys.
    init?(of bytes: [UInt8], hiding prefix: String) {
        if let nul = bytes.firstIndex(of: 0) {
            let encoding = UnicodeEncoding(of: bytes)
            position = SourcePosition(of: encoding == nil ? nul : 0, in: bytes)
            message = Message.nul(in: encoding)
            hidesKeys = true
            return
        }
        guard let withoutMarks = Self.removingMarks(from: bytes) else { return nil }
        let wanted = Array(prefix.utf16)
        let seen = Properties(reading: withoutMarks) { $0.starts(with: wanted) }.entries
        let read = Properties(reading: bytes) { $0.starts(with: wanted) }.entries
        // The marks do not change the order of the entries.
        var rest = read[...]
        for entry in seen {
            if let next = rest.first, next.key == entry.key, next.value == entry.value {
                rest.removeFirst()
                continue
            }
            position = SourcePosition(line: entry.keyPosition.line, column: 1)
            message = Message.markBeforeKey
            hidesKeys = true
            return
        }
        guard bytes.starts(with: byteOrderMark) || !rest.isEmpty else { return nil }
        position = SourcePosition(line: rest.first?.keyPosition.line ?? 1, column: 1)
        message = rest.isEmpty ? Message.mark : Message.markBeforeKey
        hidesKeys = !rest.isEmpty
    }

    /// Returns the file without the byte order marks at the starts of its lines, or `nil` without
    /// any.
    private static func removingMarks(from bytes: [UInt8]) -> [UInt8]? {
        guard bytes.contains(byteOrderMark[0]) else { return nil }
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let isLineStart = result.last.map { $0 == ASCII.lineFeed || $0 == ASCII.carriageReturn }
            if isLineStart != false, bytes[index...].starts(with: byteOrderMark) {
                index += byteOrderMark.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result.count == bytes.count ? nil : result
    }
}

/// An encoding with several bytes per character.
private enum UnicodeEncoding: String {
    case utf16 = "UTF-16"
    case utf32 = "UTF-32"

    /// Guesses the encoding of a file with NUL bytes, by its mark or by the places of those bytes.
    init?(of bytes: [UInt8]) {
        let marks: [(mark: [UInt8], encoding: Self)] = [
            ([0xFF, 0xFE, 0, 0], .utf32), ([0, 0, 0xFE, 0xFF], .utf32),
            ([0xFF, 0xFE], .utf16), ([0xFE, 0xFF], .utf16),
        ]
        if let found = marks.first(where: { bytes.starts(with: $0.mark) }) {
            self = found.encoding
            return
        }
        // Properties files are mostly ASCII.
        let start = bytes.prefix(1024)
        let counts = (0..<4).map { place in
            start.indices.count { $0 % 4 == place && start[$0] != 0 }
        }
        switch counts.map({ $0 * 8 > start.count }) {
        case [true, false, false, false], [false, false, false, true]: self = .utf32
        case [true, false, true, false], [false, true, false, true]: self = .utf16
        default: return nil
        }
    }
}

/// The UTF-8 byte order mark.
private let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

private enum Message {
    static let fix =
        "save it as UTF-8 or ISO 8859-1 without a byte order mark"
        + " (in vim: :set nobomb fileencoding=utf-8)"
    static let untilThen = "; virt-watchdog changes no guest until you fix it"
    static let markBeforeKey =
        "Java cannot see a vm.watchdog key: it reads the byte order mark before it as a part of the line;"
        + " \(fix)\(untilThen)"
    static let mark =
        "the file starts with a byte order mark: Java reads it as a part of the first line; \(fix)"

    static func nul(in encoding: UnicodeEncoding?) -> String {
        let fact =
            encoding.map {
                "the file is in \($0.rawValue): Java reads each of its bytes as a character"
            }
            ?? "the file has a NUL byte: it is in another encoding, or damaged"
        return "\(fact); \(fix)\(untilThen)"
    }
}
