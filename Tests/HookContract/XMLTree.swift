// SPDX-License-Identifier: Apache-2.0

import Foundation
import FoundationXML

/// A document as a second parser sees it, without text that is blank.
struct XMLTree: Equatable {
    indirect enum Node: Equatable {
        case element(XMLTree)
        case text(String)
        case comment(String)
    }

    var name: String
    var attributes: [String: String] = [:]
    var nodes: [Node] = []

    /// Parses a document, or returns nothing where it is none.
    init?(_ data: Data) {
        let parser = XMLParser(data: data)
        let builder = Builder()
        parser.delegate = builder
        guard parser.parse(), let root = builder.root else { return nil }
        self = root
    }

    init(name: String, attributes: [String: String] = [:]) {
        self.name = name
        self.attributes = attributes
    }

    var elements: [XMLTree] {
        nodes.compactMap { if case .element(let element) = $0 { element } else { nil } }
    }

    /// The watchdogs of all `devices`.
    var watchdogs: [XMLTree] {
        elements.filter { $0.name == "devices" }.flatMap(\.elements)
            .filter { $0.name == "watchdog" }
    }

    /// The tree without the last child of the last `devices`, and that child.
    func removingLastDevice() -> (rest: XMLTree, device: XMLTree?) {
        var rest = self
        let last = rest.nodes.lastIndex {
            if case .element(let element) = $0 { element.name == "devices" } else { false }
        }
        guard let last, case .element(var devices) = rest.nodes[last],
            case .element(let device)? = devices.nodes.last
        else { return (rest, nil) }
        devices.nodes.removeLast()
        rest.nodes[last] = .element(devices)
        return (rest, device)
    }

    /// The tree with another action of every watchdog.
    func settingActions(to action: String) -> XMLTree {
        var tree = self
        if name == "watchdog" { tree.attributes["action"] = action }
        tree.nodes = nodes.map {
            if case .element(let element) = $0 {
                .element(element.settingActions(to: action))
            } else {
                $0
            }
        }
        return tree
    }

    private final class Builder: NSObject, XMLParserDelegate {
        var root: XMLTree?
        private var path: [XMLTree] = []
        private var text = ""

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
            qualifiedName: String?, attributes: [String: String]
        ) {
            endText()
            path.append(XMLTree(name: name, attributes: attributes))
        }

        func parser(
            _ parser: XMLParser, didEndElement name: String, namespaceURI: String?,
            qualifiedName: String?
        ) {
            endText()
            let element = path.removeLast()
            if path.isEmpty { root = element } else { add(.element(element)) }
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

        func parser(_ parser: XMLParser, foundCDATA block: Data) {
            text += String(decoding: block, as: UTF8.self)
        }

        func parser(_ parser: XMLParser, foundComment comment: String) {
            endText()
            add(.comment(comment))
        }

        private func endText() {
            if text.contains(where: { !$0.isWhitespace }) { add(.text(text)) }
            text = ""
        }

        private func add(_ node: Node) {
            if !path.isEmpty { path[path.count - 1].nodes.append(node) }
        }
    }
}
