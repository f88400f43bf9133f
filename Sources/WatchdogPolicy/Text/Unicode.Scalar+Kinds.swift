// SPDX-License-Identifier: Apache-2.0

extension Unicode.Scalar {
    /// Whether the scalar may end a key, or was a line end: Java's separators, all blanks, and
    /// control characters.
    var mayEndKey: Bool {
        // ASCII needs no slow look into Unicode's tables.
        value < 0x7F
            ? value <= 0x20 || self == "=" || self == ":" : properties.isWhitespace || isDisruptive
    }

    /// Whether the scalar is a control character, changes the direction of text, or is invisible.
    package var isDisruptive: Bool {
        switch value {
        case 0x00...0x1F, 0x7F...0x9F, 0xAD, 0x034F, 0x061C, 0x115F...0x1160, 0x17B4...0x17B5,
            0x180B...0x180F, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0x3164,
            0xFE00...0xFE0F,
            0xFEFF, 0xFFA0, 0xFFF0...0xFFFB, 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A,
            0xE0000...0xE0FFF:
            true
        default: false
        }
    }

    /// Whether the scalar is ASCII white space or the no-break space.
    var isBlank: Bool {
        switch value {
        case 0x09...0x0D, 0x20, 0xA0: true
        default: false
        }
    }
}
