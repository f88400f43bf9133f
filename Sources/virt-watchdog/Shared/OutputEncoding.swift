// SPDX-License-Identifier: Apache-2.0

import System

/// The encoding of text for a person: UTF-8, or ASCII alone.
enum OutputEncoding {
    case utf8
    case ascii

    /// The encoding of the environment's locale.
    static let current = OutputEncoding { Environment[$0] }

    /// Finds the encoding as `setlocale(3)` does: by the first of three variables that has a value.
    init(environment: (String) -> String?) {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(environment)
            .first { !$0.isEmpty }
        let codeset = (locale ?? "").uppercased().split(separator: ".").dropFirst().first ?? ""
        let name = codeset.prefix { $0 != "@" }.filter { $0 != "-" }
        self = name == "UTF8" ? .utf8 : .ascii
    }

    /// The sign for omitted text.
    var ellipsis: String { self == .utf8 ? "…" : "..." }

    /// Returns a text in this encoding. ASCII shows other characters as `\u{…}`.
    func shown(_ text: String) -> String {
        guard self == .ascii, !text.utf8.allSatisfy({ $0 < 0x80 }) else { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            if scalar.isASCII {
                result.unicodeScalars.append(scalar)
            } else if scalar == "…" {
                result += ellipsis
            } else {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
    }
}
