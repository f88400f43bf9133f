// SPDX-License-Identifier: Apache-2.0

import System

/// The colours of a word on a terminal.
enum Style: String {
    /// A success.
    case good = "32"
    /// A warning.
    case doubtful = "33"
    /// A failure.
    case bad = "31"
    /// Unimportant text.
    case faint = "2"

    /// Whether standard output is in colour.
    static let isColoured = isColoured(
        onTerminal: Terminal.isThere, noColor: Environment["NO_COLOR"], term: Environment["TERM"])

    /// Returns whether to use colours: on a terminal that has them, unless
    /// [`NO_COLOR`](https://no-color.org) forbids it.
    static func isColoured(onTerminal: Bool, noColor: String?, term: String?) -> Bool {
        onTerminal && noColor == nil && term != "dumb"
    }

    /// Returns the text in this style, if colours are used.
    func applied(to text: String) -> String {
        Self.isColoured ? "\u{1b}[\(rawValue)m\(text)\u{1b}[0m" : text
    }
}
