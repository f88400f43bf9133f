// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The options for the form of the output.
struct TableOptions: ParsableArguments {
    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Print the rows alone.")
    var noHeader = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if json, noHeader || output.quiet || output.verbose {
            throw ValidationError("Use --json without options for the table.")
        }
        if noHeader, output.quiet || output.verbose {
            throw ValidationError("Use --no-header without --verbose and --quiet.")
        }
    }

    /// Returns the form of the output.
    ///
    /// - Parameter isDetailed: Whether the guests were named, so each has its explanation below.
    func form(isDetailed: Bool) -> OutputForm {
        if json { return .json }
        if output.quiet { return .quiet }
        return noHeader ? .rows : .table(isDetailed: isDetailed || output.verbose)
    }
}

/// The form of a command's output.
enum OutputForm: Equatable {
    /// A table with a header and explanations: below each row, or once below the table.
    case table(isDetailed: Bool)
    /// The rows of the table alone.
    case rows
    /// The guests' names, one a line.
    case names
    case json
    /// Errors alone, on standard error.
    case quiet
    /// Nothing; the caller answers.
    case nothing

    /// Whether rows appear as soon as they are known.
    var isTable: Bool {
        switch self {
        case .table, .rows: true
        case .names, .json, .quiet, .nothing: false
        }
    }
}
