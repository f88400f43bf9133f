// SPDX-License-Identifier: Apache-2.0

/// A version in libvirt's count: a million for each major, a thousand for each minor release.
package struct Version: Sendable, Hashable {
    /// libvirt's number.
    package var number: UInt

    package init(number: UInt) {
        self.number = number
    }

    package init(_ major: UInt, _ minor: UInt, _ release: UInt = 0) {
        number = major * 1_000_000 + minor * 1000 + release
    }
}

extension Version: Comparable {
    /// Returns whether the left version is older.
    package static func < (left: Version, right: Version) -> Bool { left.number < right.number }
}

extension Version: CustomStringConvertible {
    /// The version with dots.
    package var description: String {
        "\(number / 1_000_000).\(number / 1000 % 1000).\(number % 1000)"
    }
}
