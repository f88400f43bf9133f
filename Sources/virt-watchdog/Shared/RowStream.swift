// SPDX-License-Identifier: Apache-2.0

/// A stream of table rows. Rows of one moment print together and in order, later ones below.
///
/// With JSON, the command prints all rows at the end.
final class RowStream<Row> {
    /// The longest gap between rows of one moment.
    private static var gap: Duration { .milliseconds(150) }
    private static var longestWait: Duration { .seconds(1) }

    private let isJSON: Bool
    private let sorted: ([Row]) -> [Row]
    private let cells: (Row) -> [Table.Cell]
    private let reserved: [[String]]
    private let width: Int?
    private var table: Table
    private var known: [(index: Int, row: Row)] = []
    private var unprinted: [(index: Int, row: Row)] = []
    private var missing: Int
    private var firstTime: ContinuousClock.Instant?
    private var lastTime: ContinuousClock.Instant?

    /// Creates a stream.
    ///
    /// - Parameters:
    ///   - table: The table's header.
    ///   - count: The number of rows to come.
    ///   - reserved: For each column, the known possible texts.
    ///   - width: The limit for the table's width, or `nil` for none.
    ///   - sorted: Sorts rows that print together.
    ///   - cells: Returns the columns of a row.
    init(
        _ table: Table, count: Int, reserving reserved: [[String]], width: Int? = nil, json: Bool,
        sorted: @escaping ([Row]) -> [Row] = { $0 }, cells: @escaping (Row) -> [Table.Cell]
    ) {
        self.table = table
        missing = count
        self.reserved = reserved
        self.width = width
        isJSON = json
        self.sorted = sorted
        self.cells = cells
    }

    /// All rows so far, in order.
    var rows: [Row] { inOrder(known) }

    private func inOrder(_ rows: [(index: Int, row: Row)]) -> [Row] {
        sorted(rows.sorted { $0.index < $1.index }.map(\.row))
    }

    /// Adds a row, or notes that none comes.
    ///
    /// - Parameter index: The place among rows that print together.
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
        guard let firstTime, let lastTime, !isJSON else { return nil }
        let due = min(lastTime + Self.gap, firstTime + Self.longestWait)
        return max(.zero, ContinuousClock.now.duration(to: due))
    }

    /// Prints the rows that are due.
    func printDue() throws {
        if let timeout, timeout <= .zero { try printAll() }
    }

    /// Prints the waiting rows.
    func printAll() throws {
        guard !isJSON, !unprinted.isEmpty else { return }
        for row in inOrder(unprinted) { table.add(cells: cells(row)) }
        unprinted = []
        (firstTime, lastTime) = (nil, nil)
        try StandardOutput.print(
            table.takeText(width: width, reserving: missing > 0 ? reserved : []))
    }
}
