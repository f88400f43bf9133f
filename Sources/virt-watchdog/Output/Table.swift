/// Rows of text in columns as wide as they need to be; the last column is as long as its text.
struct Table {
    private var rows: [[String]]

    init(_ header: String...) {
        rows = [header]
    }

    mutating func add(_ row: String...) {
        rows.append(row)
    }

    /// The table, a line a row.
    var text: String {
        let columns = rows.first?.count ?? 0
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).enumerated().map { column, cell in
                let (text, width) = cell
                return column == columns - 1
                    ? text : text + String(repeating: " ", count: width - text.count + 2)
            }.joined()
        }.joined(separator: "\n")
    }
}
