// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WatchdogPolicy

struct SpellingTests {
    @Test(arguments: [
        ("stauts", "status"), ("stat", "status"), ("aply", "apply"), ("palm", nil),
        ("plna", "plan"),
        ("remvoe", "remove"), ("STATUS", "status"), ("p", nil), ("pl", "plan"), ("list", nil),
        ("", nil), ("start", nil), ("statuses", "status"),
    ])
    func `A likely word is close for its length`(_ word: String, _ expected: String?) {
        let commands = ["status", "plan", "apply", "remove"]
        #expect(likelySpelling(of: word, among: commands) == expected)
    }

    @Test
    func `A prefix of several words is none of them`() {
        #expect(likelySpelling(of: "i-2", among: ["i-2-7-VM", "i-2-8-VM"]) == nil)
        #expect(likelySpelling(of: "i-2-8-V", among: ["i-2-7-VM", "i-2-8-VM"]) == "i-2-8-VM")
    }

    @Test
    func `Swapped neighbours are one edit`() {
        #expect(likelySpelling(of: "wbe", among: ["db", "web"]) == "web")
        #expect(likelySpelling(of: "bew", among: ["web"]) == nil)
    }

    @Test
    func `Without candidates there is no likely word`() {
        #expect(likelySpelling(of: "web", among: []) == nil)
    }

    @Test
    func `Some word is always the nearest`() {
        #expect(nearestSpelling(to: "xyz", among: ["reset", "none"]) == "none")
        #expect(nearestSpelling(to: "resett", among: ["pause", "reset"]) == "reset")
    }
}
