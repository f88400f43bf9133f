// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import WatchdogPolicy

/// The files of the repository that list the policy's keys, against the keys.
struct ShippedPolicyTests {
    private static func lines(of path: String) throws -> [String] {
        try String(contentsOf: Repository.root.appending(path: path), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test(arguments: PolicyKey.allCases)
    func
        `The shipped agent.properties has every key, commented out, with its values and its default`(
            _ key: PolicyKey
        ) throws
    {
        let lines = try Self.lines(of: "hooks/agent.properties")
        let places = lines.indices.filter { lines[$0].hasPrefix("#\(key.rawValue)=") }
        try #require(places.count == 1)
        let value = key.value(in: .builtIn)
        if !value.isEmpty {
            #expect(lines[places[0]] == "#\(key.rawValue)=\(value)")
        }
        let comment = lines[..<places[0]].reversed().prefix { $0.hasPrefix("#") }
            .filter { $0.hasPrefix("# ") }.joined(separator: " ")
        #expect(!comment.isEmpty)
        var other = Policy.builtIn
        let valid = try #require(key.set("=", in: &other)?.valid, "'=' is no valid value")
        for value in valid where valid.count > 1 {
            let words = comment.split { !$0.isLetter && !$0.isNumber && $0 != "-" }
            #expect(words.contains { $0 == value }, "\(value)")
        }
    }

    @Test
    func `The shipped agent.properties is valid with every line in force`() throws {
        let lines = try Self.lines(of: "hooks/agent.properties").map { line in
            line.hasPrefix("#vm.") ? String(line.dropFirst()) : line
        }
        let report = PolicyReport(
            reading: Array(lines.joined(separator: "\n").utf8), from: "shipped")
        #expect(report.problems.isEmpty, "\(report.problems)")
        #expect(report.raw.count == PolicyKey.allCases.count)
    }

    @Test(arguments: PolicyKey.allCases)
    func `The fuzzer's dictionary has every key`(_ key: PolicyKey) throws {
        let lines = try Self.lines(of: "Tests/Fuzz/Dictionaries/properties.dict")
        #expect(lines.contains("\"\(key.rawValue)=\""))
    }
}
