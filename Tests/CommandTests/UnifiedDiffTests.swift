// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import virt_watchdog

@Suite struct UnifiedDiffTests {
    private func diff(_ old: String, _ new: String) -> String {
        let diff = UnifiedDiff(
            from: Array(old.utf8), to: Array(new.utf8), oldName: "old", newName: "new")
        return String(decoding: diff.bytes, as: UTF8.self)
    }

    /// Small texts with what diff(1) has always printed for them, under the headers.
    @Test(arguments: [
        ("", "", "", "nothing"),
        ("a\n", "a\n", "", "no difference"),
        ("", "a\n", "@@ -0,0 +1 @@\n+a\n", "from nothing"),
        ("a\n", "", "@@ -1 +0,0 @@\n-a\n", "to nothing"),
        ("a\nb\n", "a\nc\n", "@@ -1,2 +1,2 @@\n a\n-b\n+c\n", "a change"),
        ("b\n", "a\nb\n", "@@ -1 +1,2 @@\n+a\n b\n", "a line more at the start"),
        (
            "1\n2\n3\n4\n5\n", "1\n2\n3\n4\n5\n6\n", "@@ -3,3 +3,4 @@\n 3\n 4\n 5\n+6\n",
            "three lines of context"
        ),
        (
            "x\n1\n2\n3\n4\n5\n6\ny\n", "X\n1\n2\n3\n4\n5\n6\nY\n",
            "@@ -1,8 +1,8 @@\n-x\n+X\n 1\n 2\n 3\n 4\n 5\n 6\n-y\n+Y\n", "contexts that touch"
        ),
        (
            "x\n1\n2\n3\n4\n5\n6\n7\ny\n", "X\n1\n2\n3\n4\n5\n6\n7\nY\n",
            "@@ -1,4 +1,4 @@\n-x\n+X\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-y\n+Y\n",
            "contexts apart"
        ),
        (
            "a\nb", "a\nc",
            "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n"
                + "\\ No newline at end of file\n", "no line end in the end"
        ),
        (
            "a\n", "a", "@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n",
            "a line end less in the end"
        ),
        ("a\r\nb\r\n", "a\r\nc\r\n", "@@ -1,2 +1,2 @@\n a\r\n-b\r\n+c\r\n", "carriage returns"),
        ("a\r\n", "a\n", "@@ -1 +1 @@\n-a\r\n+a\n", "a carriage return less"),
        ("\u{E9}\n", "e\u{301}\n", "@@ -1 +1 @@\n-\u{E9}\n+e\u{301}\n", "the same to the eye"),
    ])
    func `A small diff is what diff(1) prints`(
        _ old: String, _ new: String, _ expected: String, _ reason: String
    ) {
        let headers = expected.isEmpty ? "" : "--- old\n+++ new\n"
        #expect(diff(old, new) == headers + expected)
    }

    @Test
    func `Bytes that are no UTF-8 come through`() {
        let diff = UnifiedDiff(
            from: [0xE4, 0x0A, 0x61, 0x0A], to: [0xE4, 0x0A, 0xDF, 0x0A], oldName: "o",
            newName: "n")
        #expect(
            diff.bytes == Array("--- o\n+++ n\n@@ -1,2 +1,2 @@\n ".utf8) + [0xE4, 0x0A]
                + Array("-a\n+".utf8) + [0xDF, 0x0A])
    }

    @Test(
        .enabled(
            if: Repository.runs(where: Command.find("diff") != nil && Command.find("patch") != nil),
            "needs diff(1) and patch(1)"),
        arguments: 0..<100)
    func `A generated diff is as short as diff(1)'s, and patch(1) applies it`(_ seed: Int) throws {
        var generator = Numbers(state: UInt64(seed) &* 7919 &+ 1)
        let old = Self.text(using: &generator)
        let new = Self.change(old, using: &generator)
        let folder = try TemporaryFolder()
        let oldFile = try folder.write("old", old.joined())
        let newFile = try folder.write("new", new.joined())
        let ours = diff(old.joined(), new.joined())
        let reference = try Command(
            #require(Command.find("diff")), ["-u", "--minimal", oldFile.path, newFile.path]
        ).run()
        #expect(Self.signs(ours) == Self.signs(reference.text))
        guard !ours.isEmpty else { return }

        let output = folder.url.appending(path: "output")
        let patching = try Command(
            #require(Command.find("patch")),
            ["--batch", "--fuzz=0", "--output", output.path, oldFile.path],
            input: Data(ours.utf8)
        ).run()
        #expect(patching.status == 0)
        #expect(!patching.text.contains("offset"), "\(patching.text)")
        #expect(try String(contentsOf: output, encoding: .utf8) == new.joined())
    }

    /// How many lines of a diff are there of each kind.
    private static func signs(_ diff: String) -> [Character: Int] {
        diff.split(separator: "\n").dropFirst(2).reduce(into: [:]) { counts, line in
            if let sign = line.first, "+-".contains(sign) { counts[sign, default: 0] += 1 }
        }
    }

    /// Lines of which many are the same, some without a line end in the end.
    private static func text(using generator: inout Numbers) -> [String] {
        var lines = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
            "<\(Int.random(in: 0...12, using: &generator))/>\n"
        }
        if !lines.isEmpty, Int.random(in: 0...3, using: &generator) == 0 {
            lines.append("end")
        }
        return lines
    }

    private static func change(_ lines: [String], using generator: inout Numbers) -> [String] {
        var lines = lines
        for _ in 0..<Int.random(in: 0...8, using: &generator) {
            let index = Int.random(in: 0...lines.count, using: &generator)
            switch Int.random(in: 0...2, using: &generator) {
            case 0: lines.insert("new \(index)\n", at: min(index, max(0, lines.count - 1)))
            case 1 where index < lines.count: lines.remove(at: index)
            case 2 where index < lines.count - 1: lines[index] = "-- changed\n"
            default: break
            }
        }
        return lines
    }
}

/// Numbers that look random and are the same in every run.
private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let mixed = (state ^ (state >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        return mixed ^ (mixed >> 33)
    }
}
