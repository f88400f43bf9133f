// SPDX-License-Identifier: Apache-2.0

/// A table with a line for each row, and columns as wide as their texts.
///
/// On a terminal that is too narrow, columns give way in an order: see ``Column/Yield``.
struct Table {
    /// A column.
    struct Column {
        /// The way in which a column gives way on a narrow terminal.
        enum Yield: Equatable {
            /// The column stays as it is.
            case never
            /// The column goes away. The lowest number goes first.
            case drop(Int)
            /// The column's texts are cut at their ends, after other columns have gone.
            case cut
            /// The column's texts are cut in the middle, after other columns have gone.
            case shorten
        }

        var title: String
        var yield: Yield

        init(_ title: String, _ yield: Yield = .never) {
            self.title = title
            self.yield = yield
        }
    }

    /// A text in a column, and its style.
    struct Cell: ExpressibleByStringLiteral {
        var text: String
        var style: Style?

        init(_ text: String, _ style: Style? = nil) {
            self.text = OutputEncoding.current.shown(text)
            self.style = style
        }

        init(stringLiteral text: String) {
            self.init(text)
        }
    }

    /// The visible columns and their widths.
    private struct Layout {
        var columns: [Int]
        var widths: [Int]
        /// Whether the terminal limits the widths of columns that can be cut.
        var isLimited: Bool

        /// The width of the columns with their gaps.
        var total: Int { widths.reduce(0, +) + max(widths.count - 1, 0) * Table.gap }
    }

    /// A row with an explanation below it.
    private struct Row {
        var cells: [Cell]
        var note: String?
    }

    private static let gap = 2
    /// The smallest width of a cut column.
    private static let narrowest = 6
    /// The indentation of text below a row.
    private static let indentation = 4

    private let columns: [Column]
    /// Whether a header precedes the rows.
    private let hasHeader: Bool
    /// The rows to print.
    private var rows: [Row] = []
    /// The layout, once the first rows are printed.
    private var layout: Layout?

    init(_ columns: [Column], hasHeader: Bool = true) {
        self.columns = columns
        self.hasHeader = hasHeader
    }

    init(_ header: String...) {
        self.init(header.map { Column($0) })
    }

    mutating func add(_ row: String...) {
        add(cells: row.map { Cell($0) })
    }

    /// Adds a row.
    ///
    /// - Parameter note: An explanation to print below the row, or `nil`.
    mutating func add(cells: [Cell], note: String? = nil) {
        rows.append(Row(cells: cells, note: note))
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
    /// The first rows determine the layout.
    ///
    /// - Parameters:
    ///   - width: The limit for the table's width, or `nil` for none.
    ///   - reserved: For each column, the possible texts of later rows.
    mutating func takeText(width: Int?, reserving reserved: [[String]] = []) -> String {
        let isFirst = self.layout == nil
        let layout = self.layout ?? layOut(width, reserved)
        self.layout = layout
        defer { rows = [] }
        let header =
            isFirst && hasHeader ? [line(columns.map { Cell($0.title) }, layout, width)] : []
        let lines = rows.flatMap { row in
            [line(row.cells, layout, width)] + Self.below(row.note, width)
        }
        return (header + lines).joined(separator: "\n")
    }

    private func layOut(_ width: Int?, _ reserved: [[String]]) -> Layout {
        let texts = columns.indices.map { column in
            (hasHeader ? [columns[column].title] : []) + rows.map { $0.cells[column].text }
                + (reserved.dropFirst(column).first ?? []).map(OutputEncoding.current.shown)
        }
        var layout = Layout(
            columns: Array(columns.indices), widths: texts.map { $0.map(\.columns).max() ?? 0 },
            isLimited: false)
        guard let width else { return layout }
        let droppable = columns.indices.compactMap { column in
            if case .drop(let order) = columns[column].yield { (order, column) } else { nil }
        }
        for (_, column) in droppable.sorted(by: { $0 < $1 }) where layout.total > width {
            guard let index = layout.columns.firstIndex(of: column) else { continue }
            layout.columns.remove(at: index)
            layout.widths.remove(at: index)
        }
        layout.isLimited = true
        while layout.total > width,
            let widest = layout.widths.indices
                .filter({ [.cut, .shorten].contains(columns[layout.columns[$0]].yield) })
                .max(by: { layout.widths[$0] < layout.widths[$1] }),
            layout.widths[widest] > Self.narrowest
        {
            layout.widths[widest] -= 1
        }
        return layout
    }

    private func line(_ row: [Cell], _ layout: Layout, _ width: Int?) -> String {
        var line = ""
        // The width without escape sequences.
        var used = 0
        for (index, column) in layout.columns.enumerated() {
            let isLast = index == layout.columns.count - 1
            var text = row[column].text
            let yield = columns[column].yield
            if layout.isLimited, yield == .cut || yield == .shorten {
                // Earlier columns may have grown.
                let room = isLast ? max((width ?? 0) - used, Self.narrowest) : layout.widths[index]
                text = yield == .cut ? text.cut(to: room) : text.shortened(to: room)
            }
            let padding = isLast ? 0 : max(layout.widths[index] - text.columns, 0) + Self.gap
            line += (row[column].style?.applied(to: text) ?? text)
            line += String(repeating: " ", count: padding)
            used += text.columns + padding
        }
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }

    private static func below(_ note: String?, _ width: Int?) -> [String] {
        guard let note else { return [] }
        let margin = String(repeating: " ", count: indentation)
        return OutputEncoding.current.shown(note)
            .folded(to: width.map { max($0 - indentation, narrowest) } ?? .max).map { margin + $0 }
    }
}

extension String {
    /// Returns the text, cut with an ellipsis if it is too long.
    fileprivate func cut(to width: Int) -> String {
        let ellipsis = OutputEncoding.current.ellipsis
        return columns <= width ? self : prefix(columns: width - ellipsis.count) + ellipsis
    }

    /// Returns the text, cut in its middle if it is too long: names differ at their ends.
    fileprivate func shortened(to width: Int) -> String {
        let ellipsis = OutputEncoding.current.ellipsis
        let room = max(width - ellipsis.count, 0)
        guard columns > width else { return self }
        let end = String(String(reversed()).prefix(columns: room / 2).reversed())
        return prefix(columns: room - end.columns) + ellipsis + end
    }
}
