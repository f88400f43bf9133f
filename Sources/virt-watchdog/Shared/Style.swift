import Host
import System

/// How a word stands out on a terminal that shows colours.
enum Style: String {
    /// All is well.
    case good = "32"
    /// Somebody should look.
    case doubtful = "33"
    /// Something does not work.
    case bad = "31"
    /// Nothing to see here.
    case faint = "2"

    /// Whether standard output is in colour.
    static let isColoured = isColoured(
        onTerminal: Terminal.isThere, noColor: Environment["NO_COLOR"], term: Environment["TERM"])

    /// Decides whether to use colours: on a terminal that has them, unless `NO_COLOR` forbids it, as
    /// [its page](https://no-color.org) asks.
    static func isColoured(onTerminal: Bool, noColor: String?, term: String?) -> Bool {
        onTerminal && noColor == nil && term != "dumb"
    }

    /// The text in this style, where colours are used.
    func applied(to text: String) -> String {
        Self.isColoured ? "\u{1b}[\(rawValue)m\(text)\u{1b}[0m" : text
    }
}
