// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import virt_watchdog

struct SuggestionTests {
    private static func message(_ word: String, _ suggestion: String) -> String {
        "Error: Unknown option '\(word)'. Did you mean '\(suggestion)'?\nUsage: x"
    }

    @Test(arguments: [
        ("--jsno", "--json"), ("--no-monitr", "--no-monitor"), ("--inactiv", "--inactive"),
    ])
    func `A likely suggestion stays`(_ word: String, _ suggestion: String) {
        let message = Self.message(word, suggestion)
        #expect(Suggestion.filtered(message) == message)
    }

    @Test(arguments: [
        ("--yes", "--live", "it is another word"), ("--yes", "--json", "likewise"),
        ("--al", "--all", "it widens the command"), ("--alll", "--all", "likewise"),
        ("--ALL", "--all", "likewise"), ("-al", "-all", "likewise"),
    ])
    func `A rash suggestion is left out`(_ word: String, _ suggestion: String, _ reason: String) {
        #expect(
            Suggestion.filtered(Self.message(word, suggestion))
                == "Error: Unknown option '\(word)'.\nUsage: x")
    }

    @Test(arguments: [
        "Error: Unexpected argument 'x'", "Did you mean '--all'?", "", "a\n\nb",
        "Error: the value '. Did you mean '--all'?",
    ])
    func `Other messages stay`(_ message: String) {
        #expect(Suggestion.filtered(message) == message)
    }
}
