// SPDX-License-Identifier: Apache-2.0

extension String {
    /// The number of a terminal's columns that the text takes.
    var columns: Int { reduce(0) { $0 + $1.columns } }

    /// Returns the longest start of the text that takes at most this number of columns.
    func prefix(columns limit: Int) -> String {
        var used = 0
        return String(
            prefix { character in
                used += character.columns
                return used <= limit
            })
    }
}

extension Character {
    /// The number of a terminal's columns: two for the wide characters of East Asia and emoji, as
    /// [Unicode](https://www.unicode.org/reports/tr11/) lists them.
    fileprivate var columns: Int {
        switch unicodeScalars.first?.value ?? 0 {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
            0xA000...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            2
        default: 1
        }
    }
}
