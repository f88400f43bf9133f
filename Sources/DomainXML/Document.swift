internal import CLibXML2

/// A definition, parsed by libxml2 and owned until it goes out of scope.
///
/// Parsing touches neither the network nor any file, whatever the document says, and refuses what
/// could make it grow: see ``DocumentError``.
package struct Document: ~Copyable {
    /// The longest definition that is read, in bytes: libvirt's own are some 6 KB long, and its
    /// remote protocol carries no longer string than this.
    package static let maximumLength = 16 << 20

    let pointer: xmlDocPtr
    /// The root element, which has the name that was asked for.
    let root: Element
    /// What is not in the tree any more.
    let settled: SerializedDevices

    /// Parses a definition.
    ///
    /// The C function is [`xmlCtxtReadMemory`](https://gnome.pages.gitlab.gnome.org/libxml2/html/parser_8h.html).
    ///
    /// - Parameter bytes: The whole text, in any encoding that libxml2 knows.
    package init(parsing bytes: RawSpan) throws(DocumentError) {
        try self.init(parsing: bytes, rootName: "domain")
    }

    /// Parses a document whose root element has this name.
    init(parsing bytes: RawSpan, rootName: String) throws(DocumentError) {
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.byteCount <= Self.maximumLength else { throw .tooLong }
        // What has no context, as the conversion of encodings, would print to standard error.
        xmlSetStructuredErrorFunc(nil) { _, _ in }
        guard let context = xmlNewParserCtxt() else { throw .outOfMemory }
        defer { xmlFreeParserCtxt(context) }

        var guardian = HardenedSAXHandlers(context)
        defer { guardian.settled.close() }
        let document = withUnsafeMutablePointer(to: &guardian) { guardian in
            context.pointee._private = UnsafeMutableRawPointer(guardian)
            defer { context.pointee._private = nil }
            return bytes.withUnsafeBytes { bytes in
                xmlCtxtReadMemory(
                    context, bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                    CInt(bytes.count), nil, nil, Self.options)
            }
        }
        if let error = guardian.error {
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
        settled = guardian.settled
    }

    /// Parses a definition that is a string already.
    package init(parsing text: String) throws(DocumentError) {
        let bytes = Array(text.utf8)
        try self.init(parsing: bytes.span.bytes)
    }

    deinit {
        xmlFreeDoc(pointer)
    }

    /// No network, no entity expansion, no DTD loading; messages come from the context.
    private static let options = CInt(
        XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
            | XML_PARSE_COMPACT.rawValue | XML_PARSE_BIG_LINES.rawValue)
}
