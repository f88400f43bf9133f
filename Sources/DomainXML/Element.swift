internal import CLibXML2
internal import Glibc

/// An element of a document, valid as long as the document is.
///
/// The type stays inside the module: nothing that points into a document leaves its methods.
struct Element {
    /// The longest text or attribute value that is read, in bytes; a longer one is cut.
    private static let maximumTextLength = 64 << 10

    let node: xmlNodePtr

    init(_ node: xmlNodePtr) {
        self.node = node
    }

    /// The local name.
    var name: String { String(cString: node.pointee.name) }

    /// The line on which the start tag ends, from 1; the C function is `xmlGetLineNo`.
    var line: Int { Int(xmlGetLineNo(node)) }

    /// The child elements, in order.
    var children: ChildElements { ChildElements(upcoming: node.pointee.children) }

    /// The child elements of that name in this element's own namespace.
    func children(named name: String) -> [Element] {
        children.filter { $0.isNamed(name) && $0.sharesNamespace(with: self) }
    }

    /// The first child element of that name in this element's own namespace.
    func child(named name: String) -> Element? {
        children.first { $0.isNamed(name) && $0.sharesNamespace(with: self) }
    }

    /// Whether the local name is this one.
    func isNamed(_ name: String) -> Bool {
        xmlStrEqual(node.pointee.name, name) != 0
    }

    /// Whether the element is in the namespace with that name.
    func isIn(namespace: String) -> Bool {
        guard let own = node.pointee.ns else { return false }
        return xmlStrEqual(own.pointee.href, namespace) != 0
    }

    /// Whether both are in the same namespace, or in none.
    func sharesNamespace(with other: Element) -> Bool {
        node.pointee.ns == other.node.pointee.ns
            || xmlStrEqual(node.pointee.ns?.pointee.href, other.node.pointee.ns?.pointee.href) != 0
    }

    /// The first element, this one or one in it, with a namespace whose name libxml2 before 2.14
    /// writes other than it was read, since it writes it as it is.
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

    /// The value of an attribute without a namespace, or nothing where there is none.
    subscript(name: String) -> String? {
        attribute(name).map { Self.text(of: $0.pointee.children) }
    }

    /// Whether an attribute without a namespace has this value; no string is made of it.
    func has(_ name: String, _ value: String) -> Bool {
        guard let text = attribute(name)?.pointee.children, text.pointee.next == nil else {
            return false
        }
        return text.pointee.type == XML_TEXT_NODE && xmlStrEqual(text.pointee.content, value) != 0
    }

    /// The value of a numeric attribute, decimal or after `0x` hexadecimal; 0 where there is none.
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

    /// Joins the text of a list of nodes, as far as the limit goes.
    private static func text(of first: xmlNodePtr?) -> String {
        var bytes: [UInt8] = []
        var next = first
        while let node = next, bytes.count < maximumTextLength {
            switch node.pointee.type {
            case XML_TEXT_NODE, XML_CDATA_SECTION_NODE:
                bytes.append(contentsOf: UnsafeBufferPointer(xmlString: node.pointee.content))
            case XML_ENTITY_REF_NODE:
                // Only plain entities get past the guard, so that this is their whole text.
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
    /// The bytes of a C string without its terminator; none for a null pointer.
    fileprivate init(xmlString: UnsafePointer<xmlChar>?) {
        self.init(start: xmlString, count: xmlString == nil ? 0 : Int(xmlStrlen(xmlString)))
    }
}

extension UInt8 {
    /// Whether the name of a namespace can only hold the character as a reference to it.
    fileprivate var isEscapedInNames: Bool {
        self < 0x20 || self == UInt8(ascii: "&") || self == UInt8(ascii: "<")
    }
}
