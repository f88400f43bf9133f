// SPDX-License-Identifier: Apache-2.0

internal import CLibXML2
package import WatchdogPolicy

extension Document {
    /// Carries out a plan on the domain XML.
    ///
    /// - Parameter isPlacing: Whether a new device gets an address, and its own port if it needs
    ///   one. Without room for it, the domain XML stays unchanged. If `false`, libvirt chooses the
    ///   address, and may choose an address of `qemu:commandline`.
    package mutating func apply(_ plan: Plan, isPlacing: Bool = true) {
        switch plan.decision {
        case .attach(let device, _), .coldPlug(let device, _):
            // All watchdogs of a guest share one action, also the implicit iTCO.
            let addition = isPlacing ? PersistentAddition(plan, to: facts) : nil
            if isPlacing, addition == nil { return }
            setWatchdogAction(device.action.rawValue)
            if let port = addition?.port { insert(port) }
            insert(device, at: addition?.point.address)
        case .changeAction(_, let action): setWatchdogAction(action.rawValue)
        case .leave, .refuse: break
        }
    }

    /// Replaces the record of the action in the metadata. `nil` removes it.
    package mutating func setSavedAction(_ savedAction: SavedAction?) {
        removeSavedAction()
        guard let savedAction,
            let metadata = root.child(named: "metadata") ?? root.appendChild(named: "metadata"),
            let element = metadata.appendChild(named: ActionOverride.elementName)
        else { return }
        let prefix = GuestPolicy.prefix
        xmlSetNs(element.node, xmlNewNs(element.node, ActionOverride.namespace, prefix))
        xmlNewProp(element.node, "action", savedAction.action)
        xmlNewProp(element.node, "was", savedAction.former)
    }

    /// Removes all records of an action, and metadata that is empty then.
    private mutating func removeSavedAction() {
        for metadata in root.children(named: "metadata") {
            for element in metadata.children
            where element.isNamed(ActionOverride.elementName)
                && element.isIn(namespace: ActionOverride.namespace)
            {
                element.remove()
            }
            if metadata.children.first(where: { _ in true }) == nil { metadata.remove() }
        }
    }

    /// Returns the document's text, with an XML declaration only if the parsed text had one.
    ///
    /// The C function is
    /// [`xmlSaveDoc`](https://gnome.pages.gitlab.gnome.org/libxml2/html/xmlsave_8h.html).
    ///
    /// - Returns: The text in the declared encoding if that is UTF-8, UTF-16, ISO-8859-1 or ASCII,
    ///   else in UTF-8. For other encodings, libxml2 uses ICU or iconv, which may lose text around
    ///   an unsupported character. In some, such as UTF-7, the text would not even start like XML.
    package func serialized() throws(DocumentError) -> [UInt8] {
        let unwritable = [
            root.declaringUnwritableNamespace?.line, serializedDevices.unwritableLine,
        ]
        if let line = unwritable.compactMap({ $0 }).min() { throw .namespace(line: line) }
        // libxml2 sets this value of `standalone` for a document without a declaration.
        let hasDeclaration = pointer.pointee.standalone != -1
        let namesEncoding = pointer.pointee.encoding != nil
        var options = CInt(XML_SAVE_AS_XML.rawValue)
        if !hasDeclaration || !namesEncoding { options |= CInt(XML_SAVE_NO_DECL.rawValue) }
        let encoding = pointer.pointee.encoding.map { String(cString: $0) } ?? "UTF-8"
        let isOwn = hasDeclaration && Self.ownEncodings.contains(encoding.uppercased())
        let text = try written(in: isOwn ? encoding : "UTF-8", options)

        // libxml2 would add `encoding="UTF-8"` to the declaration.
        return hasDeclaration && !namesEncoding ? Array(bareDeclaration.utf8) + text : text
    }

    /// The encodings that every libxml2 writes without ICU or iconv.
    private static let ownEncodings = [
        "UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "ISO-8859-1", "US-ASCII", "ASCII",
    ]

    private func written(
        in encoding: String, _ options: CInt
    ) throws(DocumentError) -> [UInt8] {
        guard let buffer = xmlBufferCreate() else { throw .outOfMemory }
        defer { xmlBufferFree(buffer) }
        xmlBufferSetAllocationScheme(buffer, XML_BUFFER_ALLOC_DOUBLEIT)
        guard let context = xmlSaveToBuffer(buffer, encoding, options) else { throw .outOfMemory }
        let isSaved = xmlSaveDoc(context, pointer) >= 0
        guard xmlSaveClose(context) >= 0, isSaved else { throw .outOfMemory }
        return Array(
            UnsafeBufferPointer(
                start: xmlBufferContent(buffer), count: Int(xmlBufferLength(buffer))))
    }

    private var bareDeclaration: String {
        let version = pointer.pointee.version.map { String(cString: $0) } ?? "1.0"
        let standalone =
            switch pointer.pointee.standalone {
            case 0: " standalone=\"no\""
            case 1: " standalone=\"yes\""
            default: ""
            }
        return "<?xml version=\"\(version)\"\(standalone)?>\n"
    }

    /// Sets the action of all watchdogs.
    package mutating func setWatchdogAction(_ action: String) {
        for devices in root.children(named: "devices") {
            for watchdog in devices.children(named: "watchdog") {
                // An absent attribute means the default already.
                guard (watchdog["action"] ?? WatchdogAction.reset.rawValue) != action else {
                    continue
                }
                xmlSetProp(watchdog.node, "action", action)
            }
        }
    }

    /// Inserts a device. Without an address, libvirt chooses one.
    private mutating func insert(_ device: WatchdogDevice, at address: GuestFacts.PCIAddress?) {
        let watchdog = appendDevice(named: "watchdog")
        watchdog?.set([("model", device.model.rawValue), ("action", device.action.rawValue)])
        if let address { watchdog?.appendAddress(address) }
    }

    private mutating func insert(_ port: PersistentAddition.RootPort) {
        let controller = appendDevice(named: "controller")
        controller?.set([
            ("type", "pci"), ("index", "\(port.index)"), ("model", "pcie-root-port"),
        ])
        controller?.appendChild(named: "model")?.set([("name", "pcie-root-port")])
        controller?.appendChild(named: "target")?.set([
            ("chassis", "\(port.chassis)"), ("port", "\(port.port)"),
        ])
        controller?.appendChild(named: "alias")?.set([
            ("name", PersistentAddition.RootPort.alias)
        ])
        controller?.appendAddress(port.address)
    }

    private mutating func appendDevice(named name: String) -> Element? {
        let devices = root.children(named: "devices").last ?? root.appendChild(named: "devices")
        return devices?.appendChild(named: name)
    }
}

extension Element {
    /// Adds attributes to a new element.
    fileprivate func set(_ attributes: [(name: String, value: String)]) {
        for (name, value) in attributes { xmlNewProp(node, name, value) }
    }

    fileprivate func appendAddress(_ address: GuestFacts.PCIAddress) {
        appendChild(named: "address")?.set([
            ("type", "pci"), ("domain", "\(address.domain)"), ("bus", "\(address.bus)"),
            ("slot", "\(address.slot)"), ("function", "\(address.function)"),
        ])
    }
}

extension Element {
    /// Adds an element in this element's namespace as its last child. It gets the line break and
    /// the indentation of its siblings.
    ///
    /// - Returns: `nil` if memory runs out.
    fileprivate func appendChild(named name: String) -> Element? {
        guard let new = xmlNewDocNode(node.pointee.doc, node.pointee.ns, name, nil) else {
            return nil
        }
        let isFirst = lastChild == nil
        let newBreak = isFirst ? childBreak : siblingBreak

        if let last = node.pointee.last, xmlIsBlankNode(last) != 0 {
            xmlAddPrevSibling(last, new)
        } else {
            xmlAddChild(node, new)
            if isFirst, let lineBreak { xmlAddNextSibling(new, xmlNewText(lineBreak)) }
        }
        if let newBreak { xmlAddPrevSibling(new, xmlNewText(newBreak)) }
        return Element(new)
    }

    /// The last child element, also a serialized one.
    private var lastChild: Element? { node.pointee.last.flatMap(Self.last) }

    /// Returns the last element up to a node, also a serialized one.
    private static func last(_ node: xmlNodePtr) -> Element? {
        var next: xmlNodePtr? = node
        while let node = next {
            if node.pointee.type == XML_ELEMENT_NODE || virt_watchdog_is_markup(node) != 0 {
                return Element(node)
            }
            next = node.pointee.prev
        }
        return nil
    }

    /// The line break before the last child element that starts a line.
    private var siblingBreak: String? {
        var next = lastChild
        while let child = next {
            if let lineBreak = child.lineBreak { return lineBreak }
            next = child.node.pointee.prev.flatMap(Self.last)
        }
        return nil
    }

    /// The line break before a first child: the element's own, indented by one more step.
    private var childBreak: String? {
        guard let lineBreak else { return nil }
        let parent = node.pointee.parent.flatMap { Element($0).lineBreak } ?? "\n"
        let step = lineBreak.hasPrefix(parent) ? lineBreak.dropFirst(parent.count) : ""
        return lineBreak + (step.isEmpty ? lineBreak.dropFirst() : step)
    }

    /// Removes the element from its document and frees it.
    fileprivate func remove() {
        xmlUnlinkNode(node)
        xmlFreeNode(node)
    }

    /// The line break before the element with its indentation, if it starts a line.
    private var lineBreak: String? {
        guard let previous = node.pointee.prev, xmlIsBlankNode(previous) != 0,
            let content = previous.pointee.content
        else { return nil }
        let text = String(cString: content)
        return text.lastIndex(of: "\n").map { String(text[$0...]) }
    }
}
