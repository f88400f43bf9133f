// SPDX-License-Identifier: Apache-2.0

import Testing
import WatchdogPolicy

/// Patterns for guest names.
struct GuestPatternTests {
    @Test(
        arguments: [
            ("i-*-VM", "i-2-7-VM", true, "a star in the middle"),
            ("i-*-VM", "i-2-7-VMx", false, "the end counts"),
            ("i-*-VM", "xi-2-VM", false, "the start counts"),
            ("*", "", true, "a star stands for nothing, too"),
            ("*", "anything", true, "or for everything"),
            ("**a**", "a", true, "stars in a row"),
            ("*a*b*c*", "xxaxxbxxcxx", true, "several stars"),
            ("*a*b*c*", "xxaxxcxxbxx", false, "in their order"),
            ("*aab", "aaaab", true, "a star gives back a character"),
            ("a?c", "abc", true, "a question mark is one character"),
            ("a?c", "ac", false, "and not none"),
            ("a?", "aé", true, "of any kind"),
            ("VM", "vm", false, "case counts"),
            ("a.c", "abc", false, "a dot is a dot"),
            ("[ab]", "[ab]", true, "brackets are brackets"),
            ("", "", true, "nothing matches nothing"),
            ("", "a", false, "and nothing else"),
        ] as [(String, String, Bool, String)])
    func `A pattern matches the whole name`(
        pattern: String, name: String, expected: Bool, reason: String
    ) {
        #expect(GuestPattern(pattern).matches(name) == expected, "\(reason)")
    }

    @Test func `Many stars take no exponential time`() {
        let pattern = GuestPattern(String(repeating: "a*", count: 60) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 4000)))
    }
}
