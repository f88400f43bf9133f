// SPDX-License-Identifier: Apache-2.0

extension String {
    /// The text escaped for an attribute in single quotes.
    var asAttribute: String {
        unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case "'": text += "&apos;"
            // A parser would read other white space as a blank.
            case "\t", "\n", "\r": text += "&#\(scalar.value);"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
