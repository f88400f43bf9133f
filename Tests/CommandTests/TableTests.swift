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
}
