internal import CLibXML2
internal import WatchdogPolicy

/// Devices that no plan changes, each written down as soon as it is read.
///
/// A tree takes some fifteen times the memory of its text, and a definition is mostly such devices.
/// What is read of them is kept here; in the tree, a node of markup stands for each.
struct SerializedDevices {
    /// The text of the first emulator.
    private(set) var emulator: String?
    /// The PCI addresses that they take.
    private(set) var usedAddresses: [GuestFacts.PCIAddress] = []
    /// The channel to the guest agent.
    private(set) var agent = GuestFacts.AgentChannel.absent
    /// Whether one of them is a panic device.
    private(set) var hasPanicDevice = false
    /// The line of the first namespace in them that libxml2 would not write as it read it.
    private(set) var unwritableLine: Int?
    private let buffer: xmlBufferPtr?

    init() {
        buffer = xmlBufferCreate()
    }

    /// Gives back what is needed to settle more; a parser's guard calls it when all is read.
    func close() {
        xmlBufferFree(buffer)
    }

    /// Puts its text in the place of an element that was just read, if that is such a device. Where
    /// memory runs out, the element stays.
    ///
    /// The C function is `xmlNodeDump`, which writes as `xmlSaveDoc` does.
    mutating func settle(_ node: xmlNodePtr) {
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

    /// A text node with what an element is written as.
    private func written(_ node: xmlNodePtr, into buffer: xmlBufferPtr) -> xmlNodePtr? {
        guard let document = node.pointee.doc else { return nil }
        // In a document that names no encoding, attributes would be written with references.
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
