// SPDX-License-Identifier: Apache-2.0

import Host
import System
import SystemPackage
import WatchdogPolicy

extension PolicyReport {
    /// Reads the policy of a host, and warns of foreign keys and of odd patterns.
    init(reviewing paths: Paths) {
        self = PolicyLoader.load(paths)
        // An error without a place is that of a file that was not read.
        guard let file, !problems.contains(where: { $0.severity == .error && $0.position == nil }),
            let bytes = try? File.readRegular(file, limit: Self.maximumLength)
        else { return }
        // CloudStack's file comes before ours.
        review(bytes, warningOf: file == paths.properties.last ? .all : .similar)
    }

    /// The length limit of a properties file in bytes.
    private static let maximumLength = 1 << 20

    /// Adds warnings of foreign keys and of odd patterns, in the order of the file.
    mutating func review(_ bytes: [UInt8], warningOf foreignKeys: ForeignKeys) {
        problems += oddPatterns + foreignKeys.problems(in: bytes)
        problems.sort { one, other in
            guard let one = one.position else { return other.position != nil }
            guard let other = other.position else { return false }
            return (one.line, one.column) < (other.line, other.column)
        }
    }

    /// The warnings of patterns with signs that match only themselves.
    private var oddPatterns: [Problem] {
        let keys = [(PolicyKey.include, policy.include), (.exclude, policy.exclude)]
        return keys.flatMap { key, patterns in
            patterns.compactMap { pattern in
                let text = pattern.utf8Text ?? pattern.text
                guard let sign = text.first(where: Message.signs.contains) else { return nil }
                return Problem(
                    position: settings.first { $0.key == key }?.position, severity: .warning,
                    message: Message.oddPattern(key, text, sign))
            }
        }
    }
}

private enum Message {
    /// The characters that other programs' patterns and lists have.
    static let signs: Set<Character> = Set(";|[]{}()^$/\\\"'")

    static func oddPattern(_ key: PolicyKey, _ pattern: String, _ sign: Character) -> String {
        let fix = sign == "/" ? "no guest's name has it" : "separate patterns with commas"
        return "\(key.rawValue): in the pattern \(quoted(pattern)), the character \(sign) matches"
            + " only itself; \(fix)"
    }
}
