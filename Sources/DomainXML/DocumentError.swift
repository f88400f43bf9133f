internal import WatchdogPolicy

/// Why a text is not taken for a definition.
package enum DocumentError: Error, Sendable, Hashable {
    /// There is nothing in it.
    case empty
    /// It is longer than ``Document/maximumLength``.
    case tooLong
    /// It is not well-formed, or nested deeper than libxml2 goes.
    case malformed(line: Int, column: Int, message: String)
    /// Its root is not `domain`.
    case notADomain(root: String, line: Int)
    /// It declares entities that lead outside or could make it grow, or values of attributes.
    case entity(line: Int, message: String)
    /// It has a namespace whose name libxml2 would not write as it read it.
    case namespace(line: Int)
    /// Memory ran out.
    case outOfMemory

    /// The line of the error, from 1, where it has one.
    package var line: Int? {
        switch self {
        case .malformed(let line, _, _), .notADomain(_, let line), .entity(let line, _),
            .namespace(let line):
            line
        case .empty, .tooLong, .outOfMemory: nil
        }
    }

    /// The error with its place in a file: `file:line: message`.
    package func message(in file: String) -> String {
        let place =
            switch self {
            case .malformed(let line, let column, _): ":\(line):\(column)"
            default: line.map { ":\($0)" } ?? ":1"
            }
        return "\(file)\(place): \(self)"
    }
}

extension DocumentError: CustomStringConvertible {
    /// A clause with the remedy.
    package var description: String {
        switch self {
        case .empty:
            "the document is empty; give the definition of a domain, as virsh dumpxml prints it"
        case .tooLong:
            "the document is longer than \(Document.maximumLength >> 20) MiB,"
                + " and no definition of a domain is"
        case .malformed(_, _, let message):
            "the document is not well-formed XML: \(message.firstLine)"
        case .notADomain(let root, _):
            "the root element is \(quoted(root)), not 'domain';"
                + " give the definition of a domain, as virsh dumpxml prints it"
        case .entity(_, let message):
            "\(message); write the text in its place"
        case .namespace:
            "the name of a namespace has white space, '&' or '<' in it, which libxml2 does not write"
                + " as it reads it; give the namespace another name"
        case .outOfMemory:
            "memory ran out while reading the document"
        }
    }
}

extension DocumentError {
    /// The description with nothing in it that stands in the document, for a log.
    package var descriptionWithoutContent: String {
        switch self {
        case .malformed(let line, let column, _):
            "the document is not well-formed XML at line \(line), column \(column)"
        case .notADomain: "the root element is not 'domain'"
        case .empty, .tooLong, .entity, .namespace, .outOfMemory: description
        }
    }
}

extension String {
    /// The text up to its first line end, without control characters.
    fileprivate var firstLine: String {
        escaped(String(prefix { !$0.isNewline }), quote: "\"")
    }
}
