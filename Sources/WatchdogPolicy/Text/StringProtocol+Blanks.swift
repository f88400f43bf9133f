// SPDX-License-Identifier: Apache-2.0

extension StringProtocol {
    /// Returns the text without blanks at both ends: ASCII white space and the no-break space.
    func trimmingBlanks() -> SubSequence {
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.isBlank }),
            let last = scalars.lastIndex(where: { !$0.isBlank })
        else { return self[startIndex..<startIndex] }
        return self[first..<scalars.index(after: last)]
    }
}
