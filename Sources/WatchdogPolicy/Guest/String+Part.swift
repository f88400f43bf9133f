// SPDX-License-Identifier: Apache-2.0

extension String {
    /// Returns whether the bytes of a text stand in the string.
    ///
    /// The standard library's `contains(_:)` builds a dictionary first. Its type alone costs the hook
    /// more than the whole decision.
    func hasPart(_ part: String) -> Bool {
        let part = part.utf8
        var rest = utf8[...]
        while rest.count >= part.count {
            if rest.starts(with: part) { return true }
            rest.removeFirst()
        }
        return false
    }
}
