public import WatchdogPolicy

extension Document {
    /// Reads what the plan needs to know of the definition.
    public var facts: GuestFacts {
        let system = root.child(named: "os")
        let type = system?.child(named: "type")
        var facts = GuestFacts(
            name: root.child(named: "name")?.text ?? "", uuid: uuid,
            type: root["type"], arch: type?["arch"], machine: type?["machine"],
            firmware: system?.child(named: "loader")?.text,
            hasACPI: hasACPI,
            isLive: root["id"] != nil,
            guestPolicy: guestPolicy, onReboot: root.child(named: "on_reboot")?.text,
            id: root["id"])
        if let attributes = metadata(Alignment.elementName, Alignment.namespace) {
            let values = Dictionary(attributes.map { ($0.name, $0.value) }) { first, _ in first }
            facts.alignment = Alignment(attributes: values)
            facts.persistentAlignment = PersistentAlignment(attributes: values)
        }
        facts.usedAddresses = settled.usedAddresses
        for devices in root.children(named: "devices") {
            for device in devices.children where device.sharesNamespace(with: root) {
                let address = device.pciAddress
                if let address { facts.usedAddresses.append(address) }
                if device.isNamed("controller") {
                    if let controller = device.pciController {
                        facts.controllers.append(controller)
                    }
                } else if device.isNamed("watchdog") {
                    facts.watchdogs.append(device.watchdog(at: address))
                }
            }
        }
        return facts
    }

    private var uuid: String? {
        guard let text = root.child(named: "uuid")?.text, !text.isEmpty else { return nil }
        return text
    }

    /// Whether the machine has ACPI. libvirt writes a clock into each definition; one without is a
    /// fragment, which does not tell.
    private var hasACPI: Bool {
        root.child(named: "features")?.child(named: "acpi") != nil
            || root.child(named: "clock") == nil
    }

    private var guestPolicy: GuestPolicy? {
        metadata(GuestPolicy.elementName, GuestPolicy.namespace).map {
            GuestPolicy(attributes: $0)
        }
    }

    /// The attributes of an element of the metadata, or nothing where it is not there.
    private func metadata(
        _ name: String, _ namespace: String
    ) -> [(name: String, value: String)]? {
        root.child(named: "metadata")?.children.first {
            $0.isNamed(name) && $0.isIn(namespace: namespace)
        }?.attributeValues
    }
}

extension Element {
    /// Where the device is on a PCI bus, or nothing.
    var pciAddress: GuestFacts.PCIAddress? {
        guard let address = child(named: "address"), address.has("type", "pci") else { return nil }
        return GuestFacts.PCIAddress(
            domain: address.number("domain"), bus: address.number("bus"),
            slot: address.number("slot"), function: address.number("function"))
    }

    fileprivate var pciController: GuestFacts.Controller? {
        guard has("type", "pci"), let model = self["model"] else { return nil }
        let target = child(named: "target")
        return GuestFacts.Controller(
            model: model, index: number("index"),
            allowsHotplug: target?.has("hotplug", "off") != true,
            chassis: target?.number("chassis"),
            isOwned: child(named: "alias")?.has("name", PersistentAddition.RootPort.alias) == true)
    }

    fileprivate func watchdog(at address: GuestFacts.PCIAddress?) -> GuestFacts.Watchdog {
        GuestFacts.Watchdog(
            model: self["model"] ?? "",
            action: self["action"] ?? WatchdogAction.reset.rawValue,
            alias: child(named: "alias")?["name"], address: address)
    }
}
