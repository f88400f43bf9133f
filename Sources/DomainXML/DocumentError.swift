// SPDX-License-Identifier: Apache-2.0

internal import WatchdogPolicy

/// A reason why a text is not a domain XML.
package enum DocumentError: Error, Sendable, Hashable {
    case empty
    /// The text is longer than ``Document/maximumLength``.
    case tooLong
    /// The text is not well-formed, or nested deeper than libxml2 allows.
    case malformed(line: Int, column: Int, message: String)
    /// The root element is not `domain`.
    case notADomain(root: String, line: Int)
    /// The text declares external or nested entities, or default values of attributes.
    case entity(line: Int, message: String)
    /// libxml2 would write the name of a namespace otherwise than it read it.
    case namespace(line: Int)
    case outOfMemory

    /// The line of the error, from 1, if it has one.
    package var line: Int? {
        switch self {
        case .malformed(let line, _, _), .notADomain(_, let line), .entity(let line, _),
            .namespace(let line):
            line
        case .empty, .tooLong, .outOfMemory: nil
        }
    }

    /// Returns the error with its place in a file: `file:line: message`.
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
    /// The error as `fact: cause; fix`.
    package var description: String {
        switch self {
        case .empty:
            "the document is empty; give a domain XML, as virsh dumpxml prints it"
        case .tooLong:
            "the document is longer than \(Document.maximumLength >> 20) MiB, libvirt's limit"
                + " for a domain XML"
        case .malformed(_, _, let message):
            "the document is not well-formed XML: \(message.firstLine)"
        case .notADomain(let root, _):
            "the root element is \(quoted(root)), not 'domain';"
                + " give a domain XML, as virsh dumpxml prints it"
        case .entity(_, let message):
            "\(message); write the text in its place"
        case .namespace:
            "the name of a namespace has white space, '&' or '<' in it, which libxml2 cannot write;"
                + " give the namespace another name"
        case .outOfMemory:
            "memory ran out while reading the document"
        }
    }
}

extension DocumentError {
    /// The description without any text of the document, for a log.
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
    /// The first line of the text, without control characters.
    fileprivate var firstLine: String {
        escaped(String(prefix { !$0.isNewline }), quote: "\"")
    }
}
