// SPDX-License-Identifier: Apache-2.0

/// A pattern for guest names: `*` matches any characters, `?` one, and all others themselves.
///
/// Matching is case-sensitive and compares composed and decomposed letters as different: to
/// libvirt, names are bytes.
package struct GuestPattern: Sendable, Hashable {
    /// The pattern as Java reads it.
    package let text: String
    /// The pattern with its bytes read as UTF-8, or `nil` if that gives the same text, or is
    /// impossible.
    package let utf8Text: String?

    package init(_ text: String, utf8Text: String? = nil) {
        self.text = text
        self.utf8Text = utf8Text
    }

    /// Returns whether a whole name matches the pattern in one of both readings.
    package func matches(_ name: String) -> Bool {
        Self.matches(text, name) || utf8Text.map { Self.matches($0, name) } == true
    }

    private static func matches(_ text: String, _ name: String) -> Bool {
        let pattern = Array(text.unicodeScalars)
        let scalars = Array(name.unicodeScalars)
        var patternIndex = 0
        var nameIndex = 0
        // The position to continue from when the text after the last `*` does not match.
        var retry: (patternIndex: Int, nameIndex: Int)?
        while nameIndex < scalars.count {
            if patternIndex < pattern.count, pattern[patternIndex] == "*" {
                patternIndex += 1
                retry = (patternIndex, nameIndex)
            } else if patternIndex < pattern.count,
                pattern[patternIndex] == "?" || pattern[patternIndex] == scalars[nameIndex]
            {
                patternIndex += 1
                nameIndex += 1
            } else if let (afterStar, start) = retry {
                patternIndex = afterStar
                nameIndex = start + 1
                retry = (afterStar, start + 1)
            } else {
                return false
            }
        }
        return pattern[patternIndex...].allSatisfy { $0 == "*" }
    }
}
