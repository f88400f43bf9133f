// SPDX-License-Identifier: Apache-2.0

/// A table with columns as wide as their texts.
///
/// The last column is as long as its text. If the width is too small, the last column goes below
/// each row, wrapped at spaces, and other columns are cut.
struct Table {
    /// A text in a column, and its style.
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
    /// The smallest width of a cut column.
    private static let narrowest = 6
    /// The indentation of text below a row.
    private static let indentation = 4

    /// The rows to print, including the header until it is printed.
    private var rows: [[Cell]]
    /// The widths of the columns, once the first rows are printed.
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

    /// The table's lines.
    var text: String { text(width: nil) }

    /// Returns the table's lines, within the width if possible.
    func text(width: Int?) -> String {
        var table = self
        return table.takeText(width: width)
    }

    /// Returns the rows since the last call, the first time below the header.
    ///
    /// The first rows determine the widths.
    ///
    /// - Parameters:
    ///   - width: The limit for the table's width, or `nil` for none.
    ///   - reserved: For each column, the possible texts of later rows.
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
                // Text below a row needs no heading.
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

    /// Returns the widths for a later row, without cutting it.
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
    /// Returns the text, cut with an ellipsis if it is too long.
    fileprivate func cut(to width: Int) -> String {
        count <= width ? self : prefix(max(width - 1, 0)) + "…"
    }
}
