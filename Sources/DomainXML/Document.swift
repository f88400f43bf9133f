// SPDX-License-Identifier: Apache-2.0

internal import CLibXML2

/// A domain XML that libxml2 has parsed.
///
/// The parser never uses the network or files. It refuses entities that could make the document
/// grow: see ``DocumentError``.
package struct Document: ~Copyable {
    /// The length limit in bytes, which is that of a string in libvirt's remote protocol.
    package static let maximumLength = 16 << 20

    let pointer: xmlDocPtr
    let root: Element
    /// The devices that are serialized already, and not in the tree.
    let serializedDevices: SerializedDevices

    /// Parses a domain XML.
    ///
    /// The C function is
    /// [`xmlCtxtReadMemory`](https://gnome.pages.gitlab.gnome.org/libxml2/html/parser_8h.html).
    ///
    /// - Parameter bytes: The whole text in any encoding that libxml2 supports.
    package init(parsing bytes: RawSpan) throws(DocumentError) {
        try self.init(parsing: bytes, rootName: "domain")
    }

    /// Parses a document with a root element of this name.
    init(parsing bytes: RawSpan, rootName: String) throws(DocumentError) {
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.byteCount <= Self.maximumLength else { throw .tooLong }
        // libxml2 would print errors without a context, such as of encodings, to standard error.
        xmlSetStructuredErrorFunc(nil) { _, _ in }
        guard let context = xmlNewParserCtxt() else { throw .outOfMemory }
        defer { xmlFreeParserCtxt(context) }

        var handlers = HardenedSAXHandlers(context)
        defer { handlers.serialized.close() }
        let document = withUnsafeMutablePointer(to: &handlers) { handlers in
            context.pointee._private = UnsafeMutableRawPointer(handlers)
            defer { context.pointee._private = nil }
            return bytes.withUnsafeBytes { bytes in
                xmlCtxtReadMemory(
                    context, bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                    CInt(bytes.count), nil, nil, Self.options)
            }
        }
        if let error = handlers.error {
            xmlFreeDoc(document)
            throw error
        }
        guard let document else { throw .outOfMemory }
        guard let node = xmlDocGetRootElement(document) else {
            xmlFreeDoc(document)
            throw .empty
        }
        let root = Element(node)
        guard root.isNamed(rootName) else {
            let error = DocumentError.notADomain(root: root.name, line: root.line)
            xmlFreeDoc(document)
            throw error
        }
        pointer = document
        self.root = root
        serializedDevices = handlers.serialized
    }

    /// Parses a domain XML in a string.
    package init(parsing text: String) throws(DocumentError) {
        let bytes = Array(text.utf8)
        try self.init(parsing: bytes.span.bytes)
    }

    deinit {
        xmlFreeDoc(pointer)
    }

    /// No network, no entity expansion, no DTD loading, and no messages on standard error.
    private static let options = CInt(
        XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
            | XML_PARSE_COMPACT.rawValue | XML_PARSE_BIG_LINES.rawValue)
}
