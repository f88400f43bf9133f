internal import CLibXML2

/// Keeps a parser's first error, stops it at an entity declaration that could do harm, and settles
/// devices as they are read.
///
/// An internal entity that stands for plain text is harmless: the parser leaves references to it
/// as they are. Everything else (external subsets and entities, parameter entities, entities made
/// of other entities or of elements) is refused at its declaration, before anything is expanded. So
/// are default values of attributes.
struct HardenedSAXHandlers {
    /// The longest text that an entity may stand for, in bytes.
    private static let maximumLength = 4096

    private let internalSubset: internalSubsetSAXFunc?
    private let entityDecl: entityDeclSAXFunc?
    private let attributeDecl: attributeDeclSAXFunc?
    private let endElement: endElementNsSAX2Func?
    /// Why the document is not taken, or nothing.
    private(set) var error: DocumentError?
    /// What was written down already of what is read.
    private(set) var settled = SerializedDevices()

    /// Puts itself between a parser and its handlers; the parser's `_private` must point to it.
    init(_ context: xmlParserCtxtPtr) {
        let handlers = context.pointee.sax
        internalSubset = handlers?.pointee.internalSubset
        entityDecl = handlers?.pointee.entityDecl
        attributeDecl = handlers?.pointee.attributeDecl
        endElement = handlers?.pointee.endElementNs
        handlers?.pointee.internalSubset = { context, name, externalID, systemID in
            HardenedSAXHandlers.with(context) { parser, guardian in
                if externalID != nil || systemID != nil {
                    guardian.stop(parser, "the document type refers to an external DTD")
                } else {
                    guardian.internalSubset?(context, name, externalID, systemID)
                }
            }
        }
        handlers?.pointee.entityDecl = { context, name, type, publicID, systemID, content in
            HardenedSAXHandlers.with(context) { parser, guardian in
                if type != CInt(XML_INTERNAL_GENERAL_ENTITY.rawValue) {
                    guardian.stop(parser, "the document declares an external or parameter entity")
                } else if !HardenedSAXHandlers.isPlain(content) {
                    guardian.stop(
                        parser, "the document declares an entity made of markup or other entities")
                } else {
                    guardian.entityDecl?(context, name, type, publicID, systemID, content)
                }
            }
        }
        // libxml2 before 2.14 writes the value as it is, so that it could not be read again.
        handlers?.pointee.attributeDecl = { context, element, name, type, kind, value, choices in
            HardenedSAXHandlers.with(context) { parser, guardian in
                if value != nil {
                    guardian.stop(parser, "the document declares the default value of an attribute")
                    xmlFreeEnumeration(choices)
                } else {
                    guardian.attributeDecl?(context, element, name, type, kind, value, choices)
                }
            }
        }
        handlers?.pointee.endElementNs = { context, name, prefix, namespace in
            HardenedSAXHandlers.with(context) { parser, guardian in
                let node = parser.pointee.node
                guardian.endElement?(context, name, prefix, namespace)
                if let node { guardian.settled.settle(node) }
            }
        }
        handlers?.pointee.serror = { context, raised in
            guard let raised = raised?.pointee, raised.level == XML_ERR_FATAL else { return }
            HardenedSAXHandlers.with(context) { _, guardian in
                // What follows the first error is mostly its consequence.
                guardian.error =
                    guardian.error
                    ?? .malformed(
                        line: Int(raised.line), column: Int(raised.int2),
                        message: raised.message.map { String(cString: $0) } ?? "unknown error")
            }
        }
        // A reference to a parameter entity ends in this handler before its text is looked for.
        handlers?.pointee.getParameterEntity = { context, _ in
            HardenedSAXHandlers.with(context) { parser, guardian in
                guardian.stop(parser, "the document refers to a parameter entity")
            }
            return nil
        }
    }

    private mutating func stop(_ parser: xmlParserCtxtPtr, _ message: String) {
        let line = parser.pointee.input.map { Int($0.pointee.line) } ?? 1
        error = error ?? .entity(line: line, message: message)
        xmlStopParser(parser)
    }

    private static func with(
        _ context: UnsafeMutableRawPointer?,
        _ body: (xmlParserCtxtPtr, inout HardenedSAXHandlers) -> Void
    ) {
        guard let parser = context?.assumingMemoryBound(to: xmlParserCtxt.self),
            let guardian = parser.pointee._private?.assumingMemoryBound(
                to: HardenedSAXHandlers.self)
        else { return }
        body(parser, &guardian.pointee)
    }

    private static func isPlain(_ content: UnsafePointer<xmlChar>?) -> Bool {
        guard var byte = content else { return false }
        var length = 0
        while byte.pointee != 0, length <= maximumLength {
            if byte.pointee == UInt8(ascii: "&") || byte.pointee == UInt8(ascii: "<") {
                return false
            }
            byte += 1
            length += 1
        }
        return length <= maximumLength
    }
}
