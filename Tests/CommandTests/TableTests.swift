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
    func `Within a width the last column is folded at blanks below itself`() {
        var table = Table("NAME", "WHY")
        table.add("web", "it has no watchdog and no room for one")
        #expect(
            table.text(width: 34) == """
                NAME  WHY
                web   it has no watchdog and no
                      room for one
                """)
    }

    @Test
    func `Within a width the widest columns are cut first`() {
        var table = Table("NAME", "MACHINE", "WHY")
        table.add("a-name-of-thirty-characters-xx", "pc-q35-7.2", "a sentence of some length here")
        let lines = table.text(width: 60).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 60 })
        #expect(lines[1].hasPrefix("a-name-of-thirty-char…  pc-q35-7.2  "))
        let narrow = table.text(width: 20).split(separator: "\n")
        #expect(narrow[1].hasPrefix("a-name-…  pc-q35-…  a sentence"))
    }
}
