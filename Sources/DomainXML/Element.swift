// SPDX-License-Identifier: Apache-2.0

internal import CLibXML2
internal import Glibc

/// An element of a document, valid as long as the document.
///
/// The type is internal, because no pointer into a document may outlive it.
struct Element {
    /// The length limit of a text or an attribute value in bytes. This type cuts longer ones.
    private static let maximumTextLength = 64 << 10

    let node: xmlNodePtr

    init(_ node: xmlNodePtr) {
        self.node = node
    }

    /// The local name.
    var name: String { String(cString: node.pointee.name) }

    /// The line of the start tag's end, from 1. The C function is `xmlGetLineNo`.
    var line: Int { Int(xmlGetLineNo(node)) }

    /// The child elements, in order.
    var children: ChildElements { ChildElements(upcoming: node.pointee.children) }

    /// Returns the child elements with a name, in this element's namespace.
    func children(named name: String) -> [Element] {
        children.filter { $0.isNamed(name) && $0.sharesNamespace(with: self) }
    }

    /// Returns the first child element with a name, in this element's namespace.
    func child(named name: String) -> Element? {
        children.first { $0.isNamed(name) && $0.sharesNamespace(with: self) }
    }

    /// Returns whether the element has a local name.
    func isNamed(_ name: String) -> Bool {
        xmlStrEqual(node.pointee.name, name) != 0
    }

    /// Returns whether the element is in a namespace.
    func isIn(namespace: String) -> Bool {
        guard let own = node.pointee.ns else { return false }
        return xmlStrEqual(own.pointee.href, namespace) != 0
    }

    /// Returns whether both elements are in the same namespace, or in none.
    func sharesNamespace(with other: Element) -> Bool {
        node.pointee.ns == other.node.pointee.ns
            || xmlStrEqual(node.pointee.ns?.pointee.href, other.node.pointee.ns?.pointee.href) != 0
    }

    /// The first element, this one included, with a namespace name that libxml2 before 2.14 writes
    /// unescaped.
    var declaringUnwritableNamespace: Element? {
        var next = node.pointee.nsDef
        while let namespace = next {
            let name = UnsafeBufferPointer(xmlString: namespace.pointee.href)
            if name.contains(where: \.isEscapedInNames) { return self }
            next = namespace.pointee.next
        }
        for child in children {
            if let found = child.declaringUnwritableNamespace { return found }
        }
        return nil
    }

    /// The text of the element's own text nodes, CDATA sections and entities.
    var text: String { Self.text(of: node.pointee.children) }

    /// Returns the value of an attribute without a namespace.
    subscript(name: String) -> String? {
        attribute(name).map { Self.text(of: $0.pointee.children) }
    }

    /// Returns whether an attribute without a namespace has a value. It makes no string.
    func has(_ name: String, _ value: String) -> Bool {
        guard let text = attribute(name)?.pointee.children, text.pointee.next == nil else {
            return false
        }
        return text.pointee.type == XML_TEXT_NODE && xmlStrEqual(text.pointee.content, value) != 0
    }

    /// Returns the value of a numeric attribute, decimal or after `0x` hexadecimal, or 0 without
    /// one.
    ///
    /// The C function is `strtoul`.
    func number(_ name: String) -> UInt32 {
        guard let text = attribute(name)?.pointee.children?.pointee.content else { return 0 }
        return text.withMemoryRebound(to: CChar.self, capacity: 1) { text in
            UInt32(truncatingIfNeeded: strtoul(text, nil, 0))
        }
    }

    private func attribute(_ name: String) -> xmlAttrPtr? {
        var next = node.pointee.properties
        while let attribute = next {
            if attribute.pointee.ns == nil, xmlStrEqual(attribute.pointee.name, name) != 0 {
                return attribute
            }
            next = attribute.pointee.next
        }
        return nil
    }

    /// The attributes without a namespace, with their values.
    var attributeValues: [(name: String, value: String)] {
        var found: [(name: String, value: String)] = []
        var next = node.pointee.properties
        while let attribute = next {
            if attribute.pointee.ns == nil {
                let name = String(cString: attribute.pointee.name)
                found.append((name, Self.text(of: attribute.pointee.children)))
            }
            next = attribute.pointee.next
        }
        return found
    }

    /// Joins the text of a list of nodes up to the limit.
    private static func text(of first: xmlNodePtr?) -> String {
        var bytes: [UInt8] = []
        var next = first
        while let node = next, bytes.count < maximumTextLength {
            switch node.pointee.type {
            case XML_TEXT_NODE, XML_CDATA_SECTION_NODE:
                bytes.append(contentsOf: UnsafeBufferPointer(xmlString: node.pointee.content))
            case XML_ENTITY_REF_NODE:
                // The parser refuses all but plain entities, so this is the whole text.
                if let entity = xmlGetDocEntity(node.pointee.doc, node.pointee.name) {
                    bytes.append(
                        contentsOf: UnsafeBufferPointer(xmlString: entity.pointee.content))
                }
            default: break
            }
            next = node.pointee.next
        }
        return String(decoding: bytes.prefix(maximumTextLength), as: UTF8.self)
    }
}

/// The child elements of a node, in order.
struct ChildElements: Sequence, IteratorProtocol {
    fileprivate var upcoming: xmlNodePtr?

    mutating func next() -> Element? {
        while let node = upcoming {
            upcoming = node.pointee.next
            if node.pointee.type == XML_ELEMENT_NODE { return Element(node) }
        }
        return nil
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Takes the bytes of a C string without its terminator, or none for a null pointer.
    fileprivate init(xmlString: UnsafePointer<xmlChar>?) {
        self.init(start: xmlString, count: xmlString == nil ? 0 : Int(xmlStrlen(xmlString)))
    }
}

extension UInt8 {
    /// Whether the name of a namespace must hold the character as a reference.
    fileprivate var isEscapedInNames: Bool {
        self < 0x20 || self == UInt8(ascii: "&") || self == UInt8(ascii: "<")
    }
}
