// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import WatchdogPolicy

/// Our reading against that of `java.util.Properties` itself.
struct PropertiesAgainstJavaTests {
    private static let java = ["java"].compactMap { name in
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
            .map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }.first

    /// How many files are compared; `Tests/fuzz --java` asks for another number.
    private static let count =
        ProcessInfo.processInfo.environment["PROPERTIES_FILES"].flatMap { Int($0) } ?? 6000

    /// What files are made of: each piece is there for a rule, the frequent ones several times.
    private static let pieces: [[UInt8]] =
        [
            "a", "b", "k", "=", ":", " ", "\t", "\u{0C}", "\n", "\n", "\r", "\r\n", "\\", "\\",
            "\\\n", "\\\r\n", "\\u", "\\u0041", "\\u00", "\\uD83D", "\\t", "\\n", "u", "0", "f",
            "#", "!", "\\\\", "\\:", "\\=", "\\ ", "vm.watchdog.action", "reset", "\\\n#", "\\\n!",
        ].map { Array($0.utf8) } + [[0xE9], [0xFF], [0x00], [0xA0], [0x0B]]

    private static func file(_ random: inout SplitMix64) -> [UInt8] {
        (0..<Int.random(in: 0...24, using: &random)).flatMap { _ in
            pieces.randomElement(using: &random) ?? []
        }
    }

    @Test(.enabled(if: Repository.runs(where: java != nil), "needs a Java on the PATH"))
    func `Thousands of generated files read as Java reads them`() throws {
        let java = try #require(Self.java, "CI needs a Java: Tests/run installs one")
        let folder = try TemporaryFolder()
        var random = SplitMix64(seed: 9397)
        var expected: [[UInt8]] = []
        var digits = ""
        for _ in 0..<Self.count {
            let file = Self.file(&random)
            digits += file.map { hexadecimal($0, digits: 2) }.joined() + "\n"
            expected.append(file)
        }
        let files = try folder.write("files", digits)
        let source = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "LoadProperties.java")
        let outcome = try Command(java, [source.path, files.path]).run()
        try #require(outcome.status == 0, "\(outcome.errorText)")
        let lines = outcome.text.split(separator: "\n", omittingEmptySubsequences: false)
        try #require(lines.count == Self.count + 1)

        var refused = 0
        for (file, line) in zip(expected, lines) {
            let properties = Properties(reading: file)
            if line == "THROWS" { refused += 1 }
            #expect(
                text(of: properties) == line,
                "\(String(decoding: file, as: UTF8.self).debugDescription)")
        }
        #expect(refused > Self.count / 20, "the generator makes files that Java refuses")
        #expect(refused < Self.count * 19 / 20, "and files that it takes")
    }

    /// Our reading in the form that the Java program prints.
    private func text(of properties: Properties) -> String {
        guard properties.defects.isEmpty else { return "THROWS" }
        let map = Dictionary(
            properties.entries.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
        return map.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { "\(hexadecimal($0.key))=\(hexadecimal($0.value)) " }.joined()
    }

    private func hexadecimal(_ text: Properties.Text) -> String {
        text.map { hexadecimal($0, digits: 4) }.joined()
    }

    private func hexadecimal(_ number: some BinaryInteger, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: digits - text.count) + text
    }
}
