/// A pattern for guest names: `*` stands for any characters, `?` for one, all else for itself.
///
/// Case counts, as it does in libvirt's names, and so does the way in which an accented letter is
/// composed: to libvirt, names are bytes.
package struct GuestPattern: Sendable, Hashable {
    /// The pattern as Java reads it.
    package let text: String
    /// The pattern where the bytes that Java reads one by one are UTF-8, or nothing where that is the
    /// same or they are none.
    package let utf8Text: String?

    /// Makes a pattern; every text is one.
    package init(_ text: String, utf8Text: String? = nil) {
        self.text = text
        self.utf8Text = utf8Text
    }

    /// Tells whether the whole of a name fits one reading of the pattern.
    package func matches(_ name: String) -> Bool {
        Self.matches(text, name) || utf8Text.map { Self.matches($0, name) } == true
    }

    private static func matches(_ text: String, _ name: String) -> Bool {
        let pattern = Array(text.unicodeScalars)
        let scalars = Array(name.unicodeScalars)
        var patternIndex = 0
        var nameIndex = 0
        // Where to take up again when the text after the last `*` turns out not to fit.
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
