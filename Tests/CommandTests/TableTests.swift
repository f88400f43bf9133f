// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import virt_watchdog

@Suite struct TableTests {
    private static func table() -> Table {
        Table([
            Table.Column("NAME", .cut), Table.Column("STATE", .drop(2)),
            Table.Column("MACHINE", .drop(1)), Table.Column("ACTION"), Table.Column("WHY", .cut),
        ])
    }

    @Test
    func `Columns are as wide as their widest cell, and no line ends with blanks`() {
        var table = Table("A", "LONG", "C")
        table.add("first", "x", "a sentence of some length")
        table.add("", "yy", "")
        #expect(
            table.text == """
                A      LONG  C
                first  x     a sentence of some length
                       yy
                """)
    }

    @Test
    func `A table without rows is its header`() {
        #expect(Table("A", "B").text == "A  B")
        #expect(Table([Table.Column("A")], hasHeader: false).text.isEmpty)
    }

    @Test
    func `Characters count, not bytes`() {
        #expect(OutputEncoding.utf8.shown("gäst…") == "gäst…")
        #expect(OutputEncoding.ascii.shown("gäst…") == #"g\u{e4}st..."#)
        #expect(OutputEncoding.ascii.shown("plain") == "plain")
    }

    @Test(arguments: [
        (["LANG": "de_DE.UTF-8"], OutputEncoding.utf8), (["LC_ALL": "C.utf8"], .utf8),
        (["LC_CTYPE": "en_US.UTF-8@x", "LANG": "C"], .utf8), ([:], .ascii),
        (["LC_ALL": "C", "LANG": "C.UTF-8"], .ascii), (["LANG": "de_DE@euro"], .ascii),
        (["LC_ALL": "", "LC_CTYPE": "", "LANG": "C.UTF-8"], .utf8),
        (["LANG": "ja_JP.eucJP"], .ascii),
    ])
    func `The locale's first variable with a value decides the encoding`(
        _ environment: [String: String], _ encoding: OutputEncoding
    ) {
        #expect(OutputEncoding { environment[$0] } == encoding)
    }

    @Test(arguments: 20...120)
    func `A row is one line, and the action is whole at every width`(_ width: Int) {
        var table = Self.table()
        table.add(
            "a-name-of-thirty-characters-xx", "running", "pc-q35-7.2", "inject-nmi", "no port")
        table.add("web", "paused (watchdog)", "pc", "reset", "a hang leads to reset, by and by")
        let lines = table.text(width: width).split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[1].contains("inject-nmi"))
        #expect(lines[2].contains("reset"))
        if width >= 30 { #expect(lines.allSatisfy { $0.count <= width }) }
    }

    @Test
    func `Columns give way in their order, and others are cut only then`() {
        var table = Self.table()
        table.add("web", "running", "pc-q35-7.2", "reset", "a hang leads to reset")
        let whole = "web   running  pc-q35-7.2  reset   a hang leads to reset"
        func row(_ width: Int) -> Substring { table.text(width: width).split(separator: "\n")[1] }
        #expect(row(whole.count) == whole)
        #expect(row(whole.count - 1) == "web   running  reset   a hang leads to reset")
        #expect(row(40) == "web   reset   a hang leads to reset")
        #expect(!row(30).contains("running"))
        #expect(row(30).hasPrefix("web   reset   a hang leads"))
        #expect(row(30).count == 30)
    }

    @Test
    func `Later rows keep the columns, and never lose an action`() {
        var table = Self.table()
        table.add("web", "running", "pc", "reset", "short")
        let reserved = [["a-long-name"], ["running"], [], ["reset"]]
        _ = table.takeText(width: 30, reserving: reserved)
        table.add("a-long-name", "running", "pc-q35-7.2", "inject-nmi", "a longer reason")
        let later = table.takeText(width: 30)
        #expect(!later.contains("NAME"))
        #expect(later.contains("a-long-name  inject-nmi  "))
        #expect(!later.contains("\n"))
    }

    @Test
    func `Names keep their ends, and wide characters count twice`() {
        var table = Table([Table.Column("NAME", .shorten), Table.Column("STATE")])
        table.add("customer-production-cluster-web1", "running")
        table.add("customer-production-cluster-web2", "running")
        table.add("日本語のゲスト", "running")
        let lines = table.text(width: 26).split(separator: "\n").dropFirst()
        #expect(lines.allSatisfy { String($0).columns <= 26 })
        #expect(Set(lines).count == 3)
        #expect(lines.allSatisfy { $0.hasSuffix("  running") })
        #expect("日本語".columns == 6)
        #expect("日本語".prefix(columns: 5) == "日本")
    }

    @Test
    func `A note stands below its row, folded at blanks`() {
        var table = Table("NAME", "WHY")
        table.add(cells: ["web", "no room"], note: "it has no watchdog and no room for one")
        table.add("db", "")
        #expect(
            table.text(width: 30) == """
                NAME  WHY
                web   no room
                    it has no watchdog and no
                    room for one
                db
                """)
    }
}
