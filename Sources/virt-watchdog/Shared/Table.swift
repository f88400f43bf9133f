/// Rows of text in columns as wide as they need to be.
///
/// The last column is as long as its text. Where a width is given that is too small for that, the
/// last column goes below each row, folded at blanks, and other columns are cut.
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
    /// What a column is not cut below.
    private static let narrowest = 6
    /// How far what is below a row is indented.
    private static let indentation = 4

    /// The rows that are not printed yet, with the header until that is printed.
    private var rows: [[Cell]]
    /// How wide the columns are, once the first rows are printed.
    private var widths: [Int]?
    /// Whether the last column goes below each row.
    private var folds = false

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
        var table = self
        return table.takeText(width: width)
    }

    /// Returns the rows that were added since the last call, the first time below the header.
    ///
    /// The first rows decide how wide the columns are.
    ///
    /// - Parameters:
    ///   - width: How wide the table may be, or nothing for no limit.
    ///   - reserved: For each column, texts that later rows may have.
    mutating func takeText(width: Int?, reserving reserved: [[String]] = []) -> String {
        let isFirst = self.widths == nil
        let widths = self.widths ?? layOut(width, reserved)
        self.widths = widths
        defer { rows = [] }
        guard folds, let width else {
            return rows.map { line($0, isFirst ? widths : grown(widths, for: $0)) }
                .joined(separator: "\n")
        }
        return rows.enumerated().flatMap { index, row in
            [line(Array(row.dropLast()), widths)]
                // What is below needs no heading.
                + (isFirst && index == 0 ? [] : below(row[row.count - 1], width))
        }.joined(separator: "\n")
    }

    private mutating func layOut(_ width: Int?, _ reserved: [[String]]) -> [Int] {
        var widths = (rows.first ?? []).indices.map { column in
            let texts = rows.map { $0[column].text } + (reserved.dropFirst(column).first ?? [])
            return texts.map(\.count).max() ?? 0
        }
        guard let width, Self.total(widths) > width, widths.count > 1 else { return widths }
        folds = true
        widths.removeLast()
        while Self.total(widths) > width,
            let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
            widths[widest] > Self.narrowest
        {
            widths[widest] -= 1
        }
        return widths
    }

    /// The widths for a row that came later: nothing in it is cut.
    private func grown(_ widths: [Int], for row: [Cell]) -> [Int] {
        zip(widths, row).map { max($0, $1.text.count) }
    }

    private static func total(_ widths: [Int]) -> Int {
        widths.reduce(0, +) + (widths.count - 1) * gap
    }

    private func line(_ row: [Cell], _ widths: [Int]) -> String {
        zip(row, widths).enumerated().map { column, cell in
            let (cell, width) = cell
            let text = cell.text.cut(to: width)
            let padding = column == row.count - 1 ? 0 : width - text.count + Self.gap
            return (cell.style?.applied(to: text) ?? text) + String(repeating: " ", count: padding)
        }.joined()
    }

    private func below(_ cell: Cell, _ width: Int) -> [String] {
        let margin = String(repeating: " ", count: Self.indentation)
        let room = max(width - Self.indentation, Self.narrowest)
        return cell.text.isEmpty ? [] : cell.text.folded(to: room).map { margin + $0 }
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
