// SPDX-License-Identifier: Apache-2.0

import Host
import System

/// The file formats that the kernel starts through a registered program.
///
/// [The kernel's documentation](https://docs.kernel.org/admin-guide/binfmt-misc.html) defines the
/// format.
struct BinaryFormats {
    private let entries: [[Substring: Substring]]

    /// Reads the formats of a host's kernel.
    init(of host: LocalHost) {
        let directory = "/proc/sys/fs/binfmt_misc"
        let files = (try? DirectoryEntry.all(in: host.path(directory))) ?? []
        let isOff = host.text("\(directory)/status").map { !$0.hasPrefix("enabled") } ?? true
        entries =
            isOff
            ? []
            : files.compactMap { host.text("\(directory)/\($0.name)") }
                .filter { $0.hasPrefix("enabled\n") && $0.contains("\ninterpreter ") }
                .map { text in
                    let lines = text.split(separator: "\n").map {
                        $0.split(separator: " ", maxSplits: 1)
                    }
                    return Dictionary(
                        lines.filter { $0.count == 2 }.map { ($0[0], $0[1]) },
                        uniquingKeysWith: { first, _ in first })
                }
    }

    /// Returns whether a file has one of the formats.
    func include(_ path: String, _ bytes: [UInt8]) -> Bool {
        entries.contains { entry in
            if let ending = entry["extension"] { return path.hasSuffix(ending) }
            guard let magic = entry["magic"].flatMap(Self.bytes(of:)) else { return false }
            let offset = entry["offset"].flatMap { Int($0) } ?? 0
            let mask = entry["mask"].flatMap(Self.bytes(of:)) ?? magic.map { _ in 0xFF }
            guard offset >= 0, mask.count == magic.count, bytes.count - magic.count >= offset else {
                return false
            }
            return magic.indices.allSatisfy {
                bytes[offset + $0] & mask[$0] == magic[$0] & mask[$0]
            }
        }
    }

    private static func bytes(of digits: Substring) -> [UInt8]? {
        let digits = Array(digits)
        guard digits.count.isMultiple(of: 2), !digits.isEmpty else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(digits[index...index + 1]), radix: 16) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}
