// SPDX-License-Identifier: Apache-2.0

import CLibXML2
import FuzzSupport
import Glibc

@testable import WatchdogPolicy

/// What a text holds, node by node, read by libxml2 with none of the code that is tested.
struct Tree: Equatable {
    /// A node with all that is its own, and how deep it is.
    struct Node: Equatable {
        var depth: Int
        var type: xmlElementType
        var namespace: String?
        var name: String
        /// The attributes and namespaces in their order, each with its value.
        var attributes: [Attribute] = []
        /// The text of anything but an element.
        var content = ""

        var isElement: Bool { type == XML_ELEMENT_NODE }
    }

    struct Attribute: Equatable {
        var namespace: String?
        var name: String
        var value: String
    }

    /// The nodes, each before its children.
    var nodes: [Node] = []

    var elementCount: Int { nodes.count { $0.isElement } }

    /// Makes a tree of nothing.
    init() {}

    /// Reads a text that is well-formed.
    init(of text: [UInt8]) {
        let options = CInt(
            XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue)
        let document = text.withUnsafeBytes { bytes in
            xmlReadMemory(
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(bytes.count), nil,
                nil, options)
        }
        guard let document else {
            fatalError("the written text is no XML: \(String(decoding: text, as: UTF8.self))")
        }
        add(document.pointee.children, depth: 0)
        xmlFreeDoc(document)
    }

    private mutating func add(_ first: xmlNodePtr?, depth: Int) {
        var upcoming = first
        while let node = upcoming {
            upcoming = node.pointee.next
            nodes.append(Node(node, depth))
            if node.pointee.type == XML_ELEMENT_NODE {
                add(node.pointee.children, depth: depth + 1)
            }
        }
    }
}

extension Tree.Node {
    fileprivate init(_ node: xmlNodePtr, _ depth: Int) {
        self.depth = depth
        type = node.pointee.type
        name = String(node.pointee.name) ?? ""
        switch type {
        case XML_ELEMENT_NODE:
            namespace = node.pointee.ns.flatMap { String($0.pointee.href) }
            attributes = Tree.Node.attributes(of: node)
        case XML_DTD_NODE: content = String(dumping: node)
        default: content = String(node.pointee.content) ?? ""
        }
    }

    private static func attributes(of node: xmlNodePtr) -> [Tree.Attribute] {
        var found: [Tree.Attribute] = []
        var declared = node.pointee.nsDef
        while let namespace = declared {
            found.append(
                Tree.Attribute(
                    namespace: "xmlns", name: String(namespace.pointee.prefix) ?? "",
                    value: String(namespace.pointee.href) ?? ""))
            declared = namespace.pointee.next
        }
        var upcoming = node.pointee.properties
        while let attribute = upcoming {
            // With entities as references, which is what tells `&e;` from its text.
            let value = xmlNodeListGetRawString(
                node.pointee.doc, attribute.pointee.children, 0)
            found.append(
                Tree.Attribute(
                    namespace: attribute.pointee.ns.flatMap { String($0.pointee.href) },
                    name: String(attribute.pointee.name) ?? "", value: String(value) ?? ""))
            free(value)
            upcoming = attribute.pointee.next
        }
        return found
    }
}

extension String {
    fileprivate init?(_ text: UnsafePointer<xmlChar>?) {
        guard let text else { return nil }
        self.init(cString: text)
    }

    fileprivate init?(_ text: UnsafeMutablePointer<xmlChar>?) {
        self.init(text.map { UnsafePointer($0) })
    }

    fileprivate init(dumping node: xmlNodePtr) {
        guard let buffer = xmlBufferCreate() else { fatalError("memory ran out") }
        defer { xmlBufferFree(buffer) }
        xmlNodeDump(buffer, node.pointee.doc, node, 0, 0)
        self = String(xmlBufferContent(buffer)) ?? ""
    }
}
