// SPDX-License-Identifier: Apache-2.0

internal import CLibXML2
internal import WatchdogPolicy

/// The devices that no plan changes, serialized as soon as the parser has read them.
///
/// A tree takes far more memory than its text, and a domain XML consists mostly of such devices.
/// This type keeps their facts. In the tree, a node of markup replaces each device.
struct SerializedDevices {
    /// The text of the first emulator.
    private(set) var emulator: String?
    /// The PCI addresses of the devices.
    private(set) var usedAddresses: [GuestFacts.PCIAddress] = []
    private(set) var agent = GuestFacts.AgentChannel.absent
    private(set) var hasPanicDevice = false
    /// The line of the first namespace name that libxml2 cannot write.
    private(set) var unwritableLine: Int?
    private let buffer: xmlBufferPtr?

    init() {
        buffer = xmlBufferCreate()
    }

    /// Frees the buffer. Call it after parsing.
    func close() {
        xmlBufferFree(buffer)
    }

    /// Replaces an element by its text, if it is a device that no plan changes.
    ///
    /// If memory runs out, the element stays. The C function is `xmlNodeDump`, which writes the
    /// same text as `xmlSaveDoc`.
    mutating func serialize(_ node: xmlNodePtr) {
        guard let buffer, let devices = node.pointee.parent, let root = devices.pointee.parent,
            root.pointee.parent?.pointee.type == XML_DOCUMENT_NODE
        else { return }
        let device = Element(node)
        guard Element(devices).isNamed("devices"), !device.isNamed("controller"),
            !device.isNamed("watchdog")
        else { return }
        guard let text = written(node, into: buffer) else { return }

        let isOurs = Element(devices).sharesNamespace(with: Element(root))
        if isOurs, device.sharesNamespace(with: Element(root)) {
            if let address = device.pciAddress { usedAddresses.append(address) }
            if let channel = device.agentChannel { agent = channel }
            if emulator == nil, device.isNamed("emulator") { emulator = device.text }
            if device.isNamed("panic") { hasPanicDevice = true }
        }
        unwritableLine = unwritableLine ?? device.declaringUnwritableNamespace?.line
        virt_watchdog_set_markup(text)
        xmlReplaceNode(node, text)
        xmlFreeNode(node)
    }

    /// Returns a text node with the text of an element.
    private func written(_ node: xmlNodePtr, into buffer: xmlBufferPtr) -> xmlNodePtr? {
        guard let document = node.pointee.doc else { return nil }
        // Without an encoding in the document, libxml2 would write references into attributes.
        let encoding = document.pointee.encoding
        document.pointee.encoding = UnsafePointer(utf8.utf8Start)
        defer { document.pointee.encoding = encoding }
        xmlBufferEmpty(buffer)
        let length = xmlNodeDump(buffer, document, node, 0, 0)
        return length > 0 ? xmlNewTextLen(xmlBufferContent(buffer), length) : nil
    }
}

/// The encoding of libxml2's trees.
private let utf8: StaticString = "UTF-8"
