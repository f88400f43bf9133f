// SPDX-License-Identifier: Apache-2.0

@testable package import WatchdogPolicy

/// The form of a line of the log, read by its definition in virt-watchdog-hook(8), so that whatever
/// an operator names a guest, a reader of the log finds the same fields.
package struct LogLineForm {
    /// The longest line: foreign text in it is cut, and none of our own sentences is long.
    private static let maximumLength = 8 << 10

    /// The fields in their order, each without its quotes and escapes.
    package private(set) var fields: [(key: String, value: String)] = []

    /// Reads a line. A malformed line ends the run.
    package init(_ line: LogLine) {
        let text = line.text
        require(text.firstDisruption == nil, "a character that ends or hides a line: \(text)")
        require(text.utf8.count <= Self.maximumLength, "a line of \(text.utf8.count) bytes")

        var rest = text.unicodeScalars[...]
        while !rest.isEmpty {
            let key = rest.prefix { $0 != "=" }
            require(!key.isEmpty && key.allSatisfy(\.isLowercaseLetter), "no key: \(text)")
            rest = rest.dropFirst(key.count + 1)
            let value = rest.first == "\"" ? Self.quoted(&rest, in: text) : Self.word(&rest)
            fields.append((String(key), value))
            if rest.first == " " { rest.removeFirst() }
        }
    }

    private static func word(_ rest: inout Substring.UnicodeScalarView) -> String {
        let word = rest.prefix { $0 != " " }
        rest = rest.dropFirst(word.count)
        return String(word)
    }

    /// Reads a text in quotes, with the two escapes that can hide them.
    private static func quoted(
        _ rest: inout Substring.UnicodeScalarView, in line: String
    ) -> String {
        rest.removeFirst()
        var value = ""
        while let scalar = rest.popFirst() {
            if scalar == "\"" {
                require(rest.isEmpty || rest.first == " ", "more behind quotes: \(line)")
                return value
            }
            value.unicodeScalars.append(scalar)
            if scalar == "\\", let escaped = rest.popFirst() {
                value.unicodeScalars.append(escaped)
            }
        }
        fatalError("quotes are not closed: \(line)")
    }

    /// Checks that the line has just these fields, in this order.
    package func requireKeys(_ keys: [String]) {
        require(fields.map(\.key) == keys, "\(fields) instead of \(keys)")
    }

    /// The value of the first field with that key.
    package subscript(key: String) -> String? {
        fields.first { $0.key == key }?.value
    }
}

extension Unicode.Scalar {
    fileprivate var isLowercaseLetter: Bool { ("a"..."z").contains(self) }
}
