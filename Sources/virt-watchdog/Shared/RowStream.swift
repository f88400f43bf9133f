// SPDX-License-Identifier: Apache-2.0

import System
import WatchdogPolicy

/// A stream of table rows. Rows of one moment print together and in order, later ones below.
///
/// In a form that is no table, all rows print at the end.
final class RowStream<Row: TableRow> {
    /// The times for which rows wait for others.
    struct Patience {
        /// The longest gap between rows of one moment.
        var gap: Duration = .milliseconds(150)
        /// The longest time from the first row.
        var longest: Duration = .seconds(1)

        /// All rows print at the end.
        static var endless: Patience { Patience(gap: .seconds(86400), longest: .seconds(86400)) }
    }

    private let form: OutputForm
    private let width: Int?
    private let patience: Patience
    private let cells: (Row) -> [Table.Cell]
    private let reserved: [[String]]
    private var table: Table
    private var legend = Legend()
    private var known: [(index: Int, row: Row)] = []
    private var unprinted: [(index: Int, row: Row)] = []
    private var missing: Int
    private var firstTime: ContinuousClock.Instant?
    private var lastTime: ContinuousClock.Instant?

    /// Creates a stream.
    ///
    /// - Parameters:
    ///   - columns: The table's columns. The first one has the guests' names.
    ///   - names: The names of the guests to come.
    ///   - reserved: For each later column, the known possible texts.
    ///   - cells: Returns the cells of the later columns.
    init(
        _ columns: [Table.Column], of names: [String], reserving reserved: [[String]],
        form: OutputForm, patience: Patience = Patience(), cells: @escaping (Row) -> [Table.Cell]
    ) {
        table = Table(columns, hasHeader: form != .rows)
        missing = names.count
        self.reserved = [names.map(printable)] + reserved
        self.form = form
        self.patience = patience
        self.cells = cells
        width = form.isTable ? Terminal.width : nil
    }

    /// All rows so far, in order.
    var rows: [Row] { inOrder(known) }

    /// The number of rows that are still to come.
    var remaining: Int { missing }

    private func inOrder(_ rows: [(index: Int, row: Row)]) -> [Row] {
        rows.sorted { ($0.row.rank, $0.row.name, $0.index) < ($1.row.rank, $1.row.name, $1.index) }
            .map(\.row)
    }

    /// Adds a row, or notes that none comes.
    ///
    /// - Parameter index: The place among equal rows that print together.
    func add(_ row: Row?, at index: Int) {
        missing -= 1
        guard let row else { return }
        known.append((index, row))
        unprinted.append((index, row))
        lastTime = .now
        firstTime = firstTime ?? lastTime
    }

    /// The time until rows are due, or `nil` if none waits.
    var timeout: Duration? {
        guard let firstTime, let lastTime, form.isTable else { return nil }
        let due = min(lastTime + patience.gap, firstTime + patience.longest)
        return max(.zero, ContinuousClock.now.duration(to: due))
    }

    /// Prints the rows that are due.
    func printDue() throws {
        if let timeout, timeout <= .zero { try printWaiting() }
    }

    private static func printError(of row: Row) {
        StandardError.print("\(quoted(row.name)): \(row.why.explanation(for: row.name))")
    }

    private func printWaiting() throws {
        guard !unprinted.isEmpty else { return }
        for row in inOrder(unprinted) {
            let why = row.why
            var note: String?
            if form == .table(isDetailed: true), why.hasMore {
                note = printable(why.reason(for: row.name))
            }
            legend.add(why, of: row.name)
            table.add(
                cells: [Table.Cell(printable(row.name))] + cells(row) + [
                    Table.Cell(why.cell)
                ],
                note: note)
        }
        unprinted = []
        (firstTime, lastTime) = (nil, nil)
        try StandardOutput.print(
            table.takeText(width: width, reserving: missing > 0 ? reserved : []))
    }

    /// Prints the remaining rows, and below a table the explanations and the summary.
    ///
    /// - Parameters:
    ///   - none: The text for no rows.
    ///   - summary: The lines below the table.
    ///   - json: The value to print in that form.
    func finish(none: String, summary: [String], json: () throws -> Void) throws {
        Progress.end()
        switch form {
        case .json: try json()
        case .nothing: break
        case .quiet:
            for row in rows where row.isError { Self.printError(of: row) }
        case .names:
            for row in rows where row.isMissing { Self.printError(of: row) }
            for row in rows where !row.isMissing { try StandardOutput.print(name: row.name) }
        case .rows: try printWaiting()
        case .table(let isDetailed):
            try printWaiting()
            if known.isEmpty {
                try StandardOutput.print(none)
            }
            let explanations = isDetailed ? [] : legend.lines(width: width)
            let below = summary.filter { !$0.isEmpty }.flatMap { $0.folded(to: width ?? .max) }
            for lines in [explanations, below] where !lines.isEmpty {
                try StandardOutput.print(
                    (known.isEmpty ? "" : "\n") + lines.joined(separator: "\n"))
            }
        }
    }
}
