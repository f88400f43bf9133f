// SPDX-License-Identifier: Apache-2.0

import WatchdogPolicy

/// A pattern of the policy, and the number of guests that it matches.
struct PatternCount {
    /// The pattern as Java reads it.
    var pattern: String
    /// The pattern in UTF-8, or `nil` if that is the same.
    var utf8Pattern: String?
    var key: PolicyKey
    /// The number of guests, or `nil` if libvirt does not answer.
    var matches: Int?

    /// Counts the matches of all patterns, each on its own.
    ///
    /// - Parameter guests: The names of the guests, or `nil` if they are unknown.
    static func counts(in policy: Policy, of guests: [String]?) -> [PatternCount] {
        let keys: [(PolicyKey, [GuestPattern])] = [
            (.include, policy.include), (.exclude, policy.exclude),
        ]
        return keys.flatMap { key, patterns in
            patterns.map { pattern in
                PatternCount(
                    pattern: pattern.text, utf8Pattern: pattern.utf8Text, key: key,
                    matches: guests.map { $0.count(where: pattern.matches) })
            }
        }
    }
}
