// SPDX-License-Identifier: Apache-2.0

/// The checksum of the program `cksum`, by which the manifest knows files again.
///
/// It is the CRC with the polynomial 0x04C11DB7, most significant bit first, of the bytes followed by
/// their number, as
/// [POSIX](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/cksum.html) defines it.
struct Checksum: Hashable {
    /// The checksum.
    let sum: UInt32
    /// The number of bytes.
    let length: Int

    /// Sums bytes up.
    init(_ bytes: [UInt8]) {
        let table = Self.table
        func shift(_ byte: UInt8, into sum: UInt32) -> UInt32 {
            sum << 8 ^ table[Int(UInt8(truncatingIfNeeded: sum >> 24) ^ byte)]
        }
        var sum: UInt32 = 0
        for byte in bytes { sum = shift(byte, into: sum) }
        var rest = bytes.count
        while rest > 0 {
            sum = shift(UInt8(truncatingIfNeeded: rest), into: sum)
            rest >>= 8
        }
        self.sum = ~sum
        length = bytes.count
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index) << 24) { sum, _ in
            sum & 0x8000_0000 == 0 ? sum << 1 : sum << 1 ^ 0x04C1_1DB7
        }
    }
}

extension Checksum: CustomStringConvertible {
    /// The two numbers as the manifest has them.
    var description: String { "\(sum)-\(length)" }
}
