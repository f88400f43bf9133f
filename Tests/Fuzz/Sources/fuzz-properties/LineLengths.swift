// SPDX-License-Identifier: Apache-2.0

import FuzzSupport

@testable import WatchdogPolicy

/// The lengths of a file's lines, found without any of the code that is tested.
struct LineLengths {
    private var lengths = [0]

    init(of file: [UInt8]) {
        var previous: UInt8 = 0
        for byte in file {
            switch byte {
            case UInt8(ascii: "\n") where previous == UInt8(ascii: "\r"): break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): lengths.append(0)
            default: lengths[lengths.count - 1] += 1
            }
            previous = byte
        }
    }

    /// Checks that a place is in the file, where it may be the one behind a line's last character.
    func requirePlace(_ position: SourcePosition) {
        require(
            (1...lengths.count).contains(position.line)
                && (1...lengths[position.line - 1] + 1).contains(position.column),
            "no such place: \(position)")
    }
}
