// SPDX-License-Identifier: Apache-2.0

internal import CLibXML2

/// Handlers that keep a parser's first error, stop it at a harmful declaration, and serialize
/// devices.
///
/// An internal entity of plain text is harmless: the parser keeps references to it. The handlers
/// refuse external subsets and entities, parameter entities, and entities of markup or other
/// entities. They do so at the declaration, before any expansion. They also refuse default values
/// of attributes.
struct HardenedSAXHandlers {
    /// The length limit of an entity's text in bytes.
    private static let maximumLength = 4096

    private let internalSubset: internalSubsetSAXFunc?
    private let entityDecl: entityDeclSAXFunc?
    private let attributeDecl: attributeDeclSAXFunc?
    private let endElement: endElementNsSAX2Func?
    /// The first error.
    private(set) var error: DocumentError?
    /// The devices that the parser has read so far.
    private(set) var serialized = SerializedDevices()

    /// Installs the handlers. The parser's `_private` must point to this value.
    init(_ context: xmlParserCtxtPtr) {
        let sax = context.pointee.sax
        internalSubset = sax?.pointee.internalSubset
        entityDecl = sax?.pointee.entityDecl
        attributeDecl = sax?.pointee.attributeDecl
        endElement = sax?.pointee.endElementNs
        sax?.pointee.internalSubset = { context, name, externalID, systemID in
            HardenedSAXHandlers.with(context) { parser, handlers in
                if externalID != nil || systemID != nil {
                    handlers.stop(parser, "the document type refers to an external DTD")
                } else {
                    handlers.internalSubset?(context, name, externalID, systemID)
                }
            }
        }
        sax?.pointee.entityDecl = { context, name, type, publicID, systemID, content in
            HardenedSAXHandlers.with(context) { parser, handlers in
                if type != CInt(XML_INTERNAL_GENERAL_ENTITY.rawValue) {
                    handlers.stop(parser, "the document declares an external or parameter entity")
                } else if !HardenedSAXHandlers.isPlain(content) {
                    handlers.stop(
                        parser, "the document declares an entity made of markup or other entities")
                } else {
                    handlers.entityDecl?(context, name, type, publicID, systemID, content)
                }
            }
        }
        // libxml2 before 2.14 writes the value unescaped.
        sax?.pointee.attributeDecl = { context, element, name, type, kind, value, choices in
            HardenedSAXHandlers.with(context) { parser, handlers in
                if value != nil {
                    handlers.stop(parser, "the document declares the default value of an attribute")
                    xmlFreeEnumeration(choices)
                } else {
                    handlers.attributeDecl?(context, element, name, type, kind, value, choices)
                }
            }
        }
        sax?.pointee.endElementNs = { context, name, prefix, namespace in
            HardenedSAXHandlers.with(context) { parser, handlers in
                let node = parser.pointee.node
                handlers.endElement?(context, name, prefix, namespace)
                if let node { handlers.serialized.serialize(node) }
            }
        }
        sax?.pointee.serror = { context, raised in
            guard let raised = raised?.pointee, raised.level == XML_ERR_FATAL else { return }
            HardenedSAXHandlers.with(context) { _, handlers in
                // Later errors are mostly consequences of the first one.
                handlers.error =
                    handlers.error
                    ?? .malformed(
                        line: Int(raised.line), column: Int(raised.int2),
                        message: raised.message.map { String(cString: $0) } ?? "unknown error")
            }
        }
        // This handler stops the parser before it looks for the text of a parameter entity.
        sax?.pointee.getParameterEntity = { context, _ in
            HardenedSAXHandlers.with(context) { parser, handlers in
                handlers.stop(parser, "the document refers to a parameter entity")
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
            let handlers = parser.pointee._private?.assumingMemoryBound(
                to: HardenedSAXHandlers.self)
        else { return }
        body(parser, &handlers.pointee)
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
