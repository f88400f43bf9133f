/// Rows of text in columns as wide as they need to be.
///
/// The last column is as long as its text. Where a width is given, longer columns are cut, and the
/// last one is folded at blanks below itself.
struct Table {
    /// A text in a column, and how it stands out.
    struct Cell: ExpressibleByStringLiteral {
        var text: String
        var style: Style?

        init(_ text: String, _ style: Style? = nil) {
            self.text = text
            self.style = style
        }

        init(stringLiteral text: String) {
            self.init(text)
        }
    }

    private static let gap = 2
    /// What a column is not cut below, and what the last one gets at least.
    private static let (narrowest, narrowestLast) = (8, 24)

    private var rows: [[Cell]]

    init(_ header: String...) {
        rows = [header.map { Cell($0) }]
    }

    mutating func add(_ row: String...) {
        rows.append(row.map { Cell($0) })
    }

    mutating func add(cells: [Cell]) {
        rows.append(cells)
    }

    /// The table, a line a row.
    var text: String { text(width: nil) }

    /// The table, no wider than that if it can be.
    func text(width: Int?) -> String {
        let widths = columnWidths(width)
        let indentation = widths.dropLast().reduce(0) { $0 + $1 + Self.gap }
        let room = width.map { max($0 - indentation, Self.narrowestLast) }
        return rows.map { row in
            let lines = room.map { row[row.count - 1].text.folded(to: $0) }
            let last = lines?.joined(separator: "\n" + String(repeating: " ", count: indentation))
            return zip(row, widths).enumerated().map { column, cell in
                let (cell, width) = cell
                let isLast = column == row.count - 1
                let text = isLast ? last ?? cell.text : cell.text.cut(to: width)
                let padding = isLast ? 0 : width - text.count + Self.gap
                return (cell.style?.applied(to: text) ?? text)
                    + String(repeating: " ", count: padding)
            }.joined()
        }.joined(separator: "\n")
    }

    /// The widths of the columns; of those that are too wide the widest is cut first.
    private func columnWidths(_ width: Int?) -> [Int] {
        var widths = (rows.first ?? []).indices.map { column in
            rows.map { $0[column].text.count }.max() ?? 0
        }
        guard let width else { return widths }
        let last = widths.removeLast()
        let room = width - widths.count * Self.gap - min(last, Self.narrowestLast)
        while widths.reduce(0, +) > room,
            let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
            widths[widest] > Self.narrowest
        {
            widths[widest] -= 1
        }
        return widths + [last]
    }
}

extension String {
    /// The text, or as much of its start as fits with an ellipsis behind it.
    fileprivate func cut(to width: Int) -> String {
        count <= width ? self : prefix(max(width - 1, 0)) + "…"
    }

    /// The text in lines that are no longer than that, but for words that are.
    fileprivate func folded(to width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in split(separator: " ", omittingEmptySubsequences: false) {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = String(word)
            } else {
                line += (line.isEmpty ? "" : " ") + word
            }
        }
        return lines + [line]
    }
}
