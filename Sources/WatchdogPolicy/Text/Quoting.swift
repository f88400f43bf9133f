// SPDX-License-Identifier: Apache-2.0

/// Returns foreign text in single quotes, safe for a terminal and a log.
///
/// It escapes control characters, backslashes and quotes, and cuts the text after 128 characters. A
/// guest's name cannot forge a log line then.
package func quoted(_ text: String) -> String {
    "'\(escaped(text, quote: "'"))'"
}

/// Returns foreign text without characters that end the quotes around it or move a cursor.
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

/// Returns text with its control characters escaped, so it cannot end its line or move a cursor.
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

/// Cuts a key or a value after the first inner character that may separate a key from its value.
///
/// Such a text most likely is two lines, joined by a lost line end or a backslash. The rest may be
/// the other line's secret.
func withoutGluedEntry(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard let separator = scalars.dropFirst().firstIndex(where: \.mayEndKey),
        // Blanks at the end separate nothing.
        !text[separator...].trimmingBlanks().isEmpty
    else { return text }
    return String(scalars[...separator]) + "…"
}
