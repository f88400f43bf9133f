// SPDX-License-Identifier: Apache-2.0

import System

extension String {
    /// Whether the user's locale has UTF-8.
    ///
    /// The first variable that is set decides, as in
    /// [POSIX](https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html).
    static let isUTF8Locale = isUTF8Locale { Environment[$0] }

    /// Returns whether the locale in an environment has UTF-8.
    static func isUTF8Locale(_ variable: (String) -> String?) -> Bool {
        let names = ["LC_ALL", "LC_CTYPE", "LANG"]
        let locale = names.lazy.compactMap(variable).first { !$0.isEmpty } ?? ""
        let encoding = locale.lowercased().split(separator: ".", maxSplits: 1).dropFirst().first
        return ["utf-8", "utf8"].contains(encoding?.prefix { $0 != "@" } ?? "")
    }

    /// The text as this user's locale can show it.
    var inLocale: String { Self.isUTF8Locale ? self : ascii }

    /// The text in ASCII, with escapes for other characters.
    var ascii: String {
        unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.isASCII {
                text.unicodeScalars.append(scalar)
            } else {
                text += scalar == "\u{2026}" ? "..." : "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
    }
}
