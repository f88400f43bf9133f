import HostSystem

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

    /// Whether words are to stand out at all.
    static let isOn = Terminal.isColoured

    /// The text in this style, where styles are on.
    func applied(to text: String) -> String {
        Self.isOn ? "\u{1b}[\(rawValue)m\(text)\u{1b}[0m" : text
    }
}
