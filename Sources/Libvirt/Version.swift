/// A version as libvirt counts: a million for each major, a thousand for each minor release.
package struct Version: Sendable, Hashable {
    /// libvirt's number.
    package var number: UInt

    /// Wraps libvirt's number.
    package init(number: UInt) {
        self.number = number
    }

    /// Composes a version.
    package init(_ major: UInt, _ minor: UInt, _ release: UInt = 0) {
        number = major * 1_000_000 + minor * 1000 + release
    }
}

extension Version: Comparable {
    /// Whether the left one is older.
    package static func < (left: Version, right: Version) -> Bool { left.number < right.number }
}

extension Version: CustomStringConvertible {
    /// The version with dots.
    package var description: String {
        "\(number / 1_000_000).\(number / 1000 % 1000).\(number % 1000)"
    }
}
