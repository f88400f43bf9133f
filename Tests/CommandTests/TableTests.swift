// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import virt_watchdog

@Suite struct TableTests {
    @Test
    func `Columns are as wide as their widest cell, the last one ends with its text`() {
        var table = Table("A", "LONG", "C")
        table.add("first", "x", "a sentence of some length")
        table.add("", "yy", "")
        #expect(
            table.text == """
                A      LONG  C
                first  x     a sentence of some length
                       yy    \("")
                """)
    }

    @Test
    func `A table without rows is its header`() {
        #expect(Table("A", "B").text == "A  B")
    }

    @Test
    func `Characters count, not bytes`() {
        var table = Table("NAME", "B")
        table.add("gäst", "1")
        table.add("客", "2")
        #expect(table.text == "NAME  B\ngäst  1\n客     2")
    }

    @Test
    func `In a table that is too wide, the last column goes below the rows, folded at blanks`() {
        var table = Table("NAME", "WHY")
        table.add("web", "it has no watchdog and no room for one")
        table.add("db", "")
        #expect(
            table.text(width: 30) == """
                NAME
                web
                    it has no watchdog and no
                    room for one
                db
                """)
        #expect(table.text(width: 80) == table.text)
    }

    @Test
    func `The widest columns are cut first, and none to nothing`() {
        var table = Table("NAME", "MACHINE", "WHY")
        table.add("a-name-of-thirty-characters-xx", "pc-q35-7.2", "a sentence")
        let lines = table.text(width: 30).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 30 })
        #expect(lines[1] == "a-name-of-thirty-…  pc-q35-7.2")
        #expect(table.text(width: 5).split(separator: "\n")[1] == "a-nam…  pc-q3…")
    }
}
