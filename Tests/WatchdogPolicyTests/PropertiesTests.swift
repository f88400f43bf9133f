// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WatchdogPolicy

/// The format of `java.util.Properties.load`, rule by rule.
struct PropertiesTests {
    private func read(_ text: String) -> [String: String] {
        let properties = Properties(reading: Array(text.utf8))
        return Dictionary(
            properties.entries.map { (string($0.key), string($0.value)) },
            uniquingKeysWith: { _, last in last })
    }

    private func string(_ text: Properties.Text) -> String {
        String(decoding: text, as: UTF16.self)
    }

    @Test(
        arguments: [
            ("a=b", "a", "b", "equals sign"),
            ("a:b", "a", "b", "colon"),
            ("a b", "a", "b", "blank"),
            ("a\tb", "a", "b", "tab"),
            ("a\u{0C}b", "a", "b", "form feed"),
            ("a \t= \u{0C} b", "a", "b", "blanks around the separator"),
            ("a = = b", "a", "= b", "a second separator belongs to the value"),
            ("a:=b", "a", "=b", "a colon, then an equals sign of the value"),
            ("a b = c", "a", "b = c", "a blank separates first"),
            ("  \t a=b", "a", "b", "blanks before the key"),
            ("a=b ", "a", "b ", "blanks at the end stay"),
            ("a=", "a", "", "no value"),
            ("a", "a", "", "no separator"),
            ("=b", "", "b", "no key"),
            ("a\\=b=c", "a=b", "c", "escaped separator in the key"),
            ("a\\ b=c", "a b", "c", "escaped blank in the key"),
            ("a\\\\=b", "a\\", "b", "an escaped backslash does not escape what follows"),
            ("a=b#c", "a", "b#c", "a comment sign inside a line is text"),
            ("a=\\t\\n\\r\\f", "a", "\t\n\r\u{0C}", "the four letters"),
            ("a=\\q\\\"\\:", "a", "q\":", "any other escaped character is itself"),
            ("a=\\u0041\\u00e9", "a", "Aé", "code units, either case"),
            ("a=\\ud83d\\ude00", "a", "😀", "a pair of surrogates"),
            ("a=\\\\u0041", "a", "\\u0041", "an escaped backslash before a u"),
            ("a=b\\\n  c", "a", "bc", "continuation, leading blanks left out"),
            ("a=b\\\r\n\tc", "a", "bc", "continuation over CR LF"),
            ("a=b\\\r  c", "a", "bc", "continuation over CR"),
            ("a\\\n =b", "a", "b", "continuation inside the key"),
            ("a=b\\\\\nc=d", "a", "b\\", "an even number of backslashes continues nothing"),
            ("a=b\\\n#c", "a", "b#c", "a comment cannot start on a continued line"),
            ("a=b\\\n\nc=d", "a", "b", "an empty continued line ends it"),
            ("a=b\\", "a", "b", "a backslash at the end of the file is dropped"),
            ("a=b\\\n", "a", "b", "and so is one before the last line end"),
            ("a=1\na=2", "a", "2", "the last duplicate wins"),
            ("a=1\na", "a", "", "also an empty one"),
            ("\\\n#a=b\nc=d", "c", "d", "a comment may follow an empty continued line"),
        ] as [(String, String, String, String)])
    func `A line gives a key and a value`(text: String, key: String, value: String, reason: String)
    {
        #expect(read(text)[key] == value, "\(reason)")
    }

    @Test(arguments: ["\n", "\r", "\r\n"])
    func `Line ends of all three kinds end a line`(end: String) {
        #expect(read("a=b\(end)\(end)c=d") == ["a": "b", "c": "d"])
    }

    @Test(arguments: ["", "\n\r\n", "#a=b", "!a=b", "  # a=b", "#a\\\n#b", " \t\u{0C}\n", "#"])
    func `Comments and blank lines give no entry`(text: String) {
        #expect(read(text).isEmpty)
    }

    @Test func `A comment is not continued`() {
        #expect(read("#a\\\nb=c") == ["b": "c"])
    }

    @Test func `Bytes are ISO-8859-1, not UTF-8`() {
        let properties = Properties(reading: [0x61, 0x3D, 0xC3, 0xA9, 0xFF])
        #expect(properties.entries.map(\.value) == [[0xC3, 0xA9, 0xFF]])
    }

    @Test(
        arguments: [
            ("a=\\u00zz\nb=c", 1, 3, "not hexadecimal"),
            ("a=\\u12", 1, 3, "too short"),
            ("x=y\n  \\uq=b\nb=c", 2, 3, "in a key"),
            ("x=\\\n   \\u00g0\nb=c", 2, 4, "on a continued line"),
            ("x=y\r\rk=v\\u\rb=c", 3, 4, "after CR line ends"),
            ("x=y\r\nk=v\\u\r\nb=c", 2, 4, "after CR LF line ends"),
        ] as [(String, Int, Int, String)])
    func `A malformed escape is reported with its place, and reading goes on`(
        text: String, line: Int, column: Int, reason: String
    ) {
        let properties = Properties(reading: Array(text.utf8))
        #expect(
            properties.defects == [SourcePosition(line: line, column: column)], "\(reason)")
        if text.contains("b=c") {
            #expect(properties.entries.last.map { string($0.value) } == "c")
        }
    }

    @Test func `Keys and values have places`() {
        let text = "# one\n\n  key \\\n   = \\\n  value\r\nsecond: 2\n"
        let entries = Properties(reading: Array(text.utf8)).entries
        #expect(entries[0].keyPosition == SourcePosition(line: 3, column: 3))
        #expect(entries[0].valuePosition == SourcePosition(line: 5, column: 3))
        #expect(entries[1].keyPosition == SourcePosition(line: 6, column: 1))
        #expect(entries[1].valuePosition == SourcePosition(line: 6, column: 9))
    }

    @Test func `Entries that are not wanted are not kept`() {
        let properties = Properties(reading: Array("a=1\nsecret=2".utf8)) { $0 == [0x61] }
        #expect(properties.entries.map { string($0.key) } == ["a"])
    }
}
