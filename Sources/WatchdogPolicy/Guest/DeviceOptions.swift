// SPDX-License-Identifier: Apache-2.0

/// The value of a QEMU option such as `-device`.
///
/// QEMU takes two forms: `driver,key=value,…` with commas doubled inside a value, and a JSON
/// object.
struct DeviceOptions {
    /// The values by key, in their order. QEMU takes the last one of a key.
    private(set) var values: [(key: String, value: Value)] = []

    /// A value in either form.
    enum Value: Hashable {
        /// A value of a `key=value` pair, or a JSON string.
        case text(String)
        /// A JSON integer.
        case number(Int64)
        /// Any other JSON value.
        case other
    }

    /// Reads an option's value.
    ///
    /// - Parameter implied: The key of a first part without `=`, or `nil` if such a part is a flag.
    /// - Returns: `nil` for text in neither form.
    init?(_ text: String, implied: String?) {
        if text.utf8.first == UInt8(ascii: "{") {
            var parser = JSONObjectParser(text)
            guard let values = parser.parse() else { return nil }
            self.values = values
        } else {
            for (index, part) in Self.parts(text).enumerated() {
                let pair = part.split(
                    separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                if pair.count == 2 {
                    values.append((String(pair[0]), .text(String(pair[1]))))
                } else if index == 0, let implied {
                    values.append((implied, .text(part)))
                } else {
                    values.append((part, .text("on")))
                }
            }
        }
    }

    /// Returns the value of a key.
    subscript(key: String) -> Value? { values.last { $0.key == key }?.value }

    /// Returns the value of a key if it is text.
    func text(_ key: String) -> String? {
        if case .text(let text) = self[key] { text } else { nil }
    }

    /// Splits a text at its single commas, and replaces doubled ones by one.
    private static func parts(_ text: String) -> [String] {
        var parts: [String] = []
        var part: [UInt8] = []
        var isAfterComma = false
        for byte in text.utf8 {
            if byte == UInt8(ascii: ",") {
                if isAfterComma { part.append(byte) }
                isAfterComma.toggle()
                continue
            }
            if isAfterComma {
                parts.append(String(decoding: part, as: UTF8.self))
                part = []
                isAfterComma = false
            }
            part.append(byte)
        }
        return parts + [String(decoding: part, as: UTF8.self)]
    }
}

/// A parser for one flat JSON object, which skips nested objects and arrays.
///
/// The hook does not link Foundation.
private struct JSONObjectParser {
    private let bytes: [UInt8]
    private var index = 0
    private static let deepest = 32

    init(_ text: String) { bytes = Array(text.utf8) }

    /// Reads the whole text as one object, or returns `nil` for anything else.
    mutating func parse() -> [(key: String, value: DeviceOptions.Value)]? {
        var members: [(key: String, value: DeviceOptions.Value)] = []
        guard take("{") else { return nil }
        if !take("}") {
            repeat {
                guard let key = string(), take(":"), let value = value(depth: 0) else { return nil }
                members.append((key, value))
            } while take(",")
            guard take("}") else { return nil }
        }
        skipBlanks()
        return index == bytes.count ? members : nil
    }

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipBlanks() {
        while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { index += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard let next, next == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func value(depth: Int) -> DeviceOptions.Value? {
        guard depth < Self.deepest else { return nil }
        skipBlanks()
        switch next {
        // QEMU also takes single quotes.
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return string().map { .text($0) }
        case UInt8(ascii: "{"):
            return skip(closing: "}") { parser in
                parser.string() != nil && parser.take(":") && parser.value(depth: depth + 1) != nil
            }
        case UInt8(ascii: "["):
            return skip(closing: "]") { $0.value(depth: depth + 1) != nil }
        default: return word()
        }
    }

    private mutating func skip(
        closing: Unicode.Scalar, _ member: (inout JSONObjectParser) -> Bool
    ) -> DeviceOptions.Value? {
        index += 1
        if take(closing) { return .other }
        repeat {
            guard member(&self) else { return nil }
        } while take(",")
        return take(closing) ? .other : nil
    }

    /// Reads a number, `true`, `false` or `null`.
    private mutating func word() -> DeviceOptions.Value? {
        let start = index
        while let byte = next, !" \t\n\r,]}:".utf8.contains(byte) { index += 1 }
        let word = String(decoding: bytes[start..<index], as: UTF8.self)
        if let number = Int64(word) { return .number(number) }
        switch word {
        case "true": return .text("on")
        case "false": return .text("off")
        case "null": return .other
        default:
            return word.utf8.first.map { "-0123456789".utf8.contains($0) } == true ? .other : nil
        }
    }

    private mutating func string() -> String? {
        skipBlanks()
        guard let quote = next, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            return nil
        }
        index += 1
        var text = String.UnicodeScalarView()
        var plain: [UInt8] = []
        func flush() {
            text.append(contentsOf: String(decoding: plain, as: UTF8.self).unicodeScalars)
            plain = []
        }
        while let byte = next {
            index += 1
            if byte == quote {
                flush()
                return String(text)
            }
            guard byte == UInt8(ascii: "\\") else {
                plain.append(byte)
                continue
            }
            flush()
            guard let scalar = escape() else { return nil }
            text.append(scalar)
        }
        return nil
    }

    /// Reads an escape after its backslash.
    private mutating func escape() -> Unicode.Scalar? {
        guard let byte = next else { return nil }
        index += 1
        switch byte {
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            guard index + 4 <= bytes.count,
                let number = UInt32(
                    String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16)
            else { return nil }
            index += 4
            // QEMU has no key or driver name outside the first plane.
            return Unicode.Scalar(number) ?? "\u{fffd}"
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Unicode.Scalar(byte)
        default: return nil
        }
    }
}
