// SPDX-License-Identifier: Apache-2.0

/// The UUID of a guest in libvirt's form.
package struct GuestUUID: Sendable, Hashable {
    /// The text: 32 hexadecimal digits with hyphens after 8, 12, 16 and 20 of them.
    package let text: String

    /// Reads a text, or returns `nil` for any other form.
    package init?(_ text: String) {
        guard text.utf8.count == 36 else { return nil }
        let isUUID = text.utf8.enumerated().allSatisfy { index, byte in
            switch index {
            case 8, 13, 18, 23: byte == UInt8(ascii: "-")
            default: Self.isHexadecimal(byte)
            }
        }
        guard isUUID else { return nil }
        self.text = text
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
