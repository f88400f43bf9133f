// SPDX-License-Identifier: Apache-2.0

package import WatchdogPolicy

extension Document {
    /// The facts that a plan needs.
    package var facts: GuestFacts {
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
        facts.onCrash = root.child(named: "on_crash")?.text
        facts.hasPanicDevice = serializedDevices.hasPanicDevice
        // Of several records, the first complete one is valid.
        for element in metadata(ActionOverride.elementName, ActionOverride.namespace) {
            let values = element.attributeDictionary
            facts.actionOverride = facts.actionOverride ?? ActionOverride(attributes: values)
            facts.savedAction =
                facts.savedAction ?? SavedAction(attributes: values)
        }
        for element in metadata(OptOut.elementName, OptOut.namespace)
        where facts.optOut?.run == nil {
            let record = OptOut(attributes: element.attributeDictionary)
            if facts.optOut == nil || record.run != nil { facts.optOut = record }
        }
        facts.emulator = serializedDevices.emulator
        facts.isComplete = facts.uuid != nil && facts.emulator != nil && hasClock
        facts.usedAddresses = serializedDevices.usedAddresses
        facts.agent = serializedDevices.agent
        for devices in root.children(named: "devices") {
            for device in devices.children where device.sharesNamespace(with: root) {
                let address = device.pciAddress
                if let address { facts.usedAddresses.append(address) }
                if device.isNamed("controller") {
                    if let controller = device.pciController(at: address) {
                        facts.controllers.append(controller)
                    }
                } else if device.isNamed("watchdog") {
                    facts.watchdogs.append(device.watchdog(at: address))
                } else if let agent = device.agentChannel {
                    facts.agent = agent
                } else if device.isNamed("panic") {
                    facts.hasPanicDevice = true
                }
            }
        }
        if let qemuArguments { facts.add(qemuArguments) }
        return facts
    }

    /// The arguments of `qemu:commandline` and `qemu:override`, or `nil` without any.
    private var qemuArguments: QEMUArguments? {
        let own = root.children.filter { $0.isIn(namespace: Self.qemuNamespace) }
        guard !own.isEmpty else { return nil }
        let arguments = own.filter { $0.isNamed("commandline") }.flatMap { line in
            line.children(named: "arg").compactMap { $0["value"] }
        }
        var line = QEMUArguments(arguments: arguments)
        for override in own where override.isNamed("override") {
            for device in override.children(named: "device") {
                for property in device.children(named: "frontend").flatMap({
                    $0.children(named: "property")
                }) {
                    line.override(
                        property["name"] ?? "", of: device["alias"] ?? "",
                        to: property["value"] ?? "",
                        isNumber: property["type"] == "signed" || property["type"] == "unsigned")
                }
            }
        }
        return line == QEMUArguments(arguments: []) ? nil : line
    }

    /// The namespace of [`qemu:commandline`](https://libvirt.org/drvqemu.html).
    private static let qemuNamespace = "http://libvirt.org/schemas/domain/qemu/1.0"

    private var uuid: String? {
        guard let text = root.child(named: "uuid")?.text, !text.isEmpty else { return nil }
        return text
    }

    /// Whether the machine has ACPI. A domain XML without a clock is a fragment, and libvirt's
    /// default is unknown.
    private var hasACPI: Bool {
        root.child(named: "features")?.child(named: "acpi") != nil || !hasClock
    }

    private var hasClock: Bool { root.child(named: "clock") != nil }

    private var guestPolicy: GuestPolicy? {
        metadata(GuestPolicy.elementName, GuestPolicy.namespace).first.map {
            GuestPolicy(attributes: $0.attributeValues)
        }
    }

    /// Returns the elements of a name and namespace in the metadata, in order.
    private func metadata(_ name: String, _ namespace: String) -> [Element] {
        root.child(named: "metadata")?.children.filter {
            $0.isNamed(name) && $0.isIn(namespace: namespace)
        } ?? []
    }
}

extension Element {
    /// The values of the attributes without a namespace, by name.
    fileprivate var attributeDictionary: [String: String] {
        Dictionary(attributeValues.map { ($0.name, $0.value) }) { first, _ in first }
    }

    /// The device's PCI address.
    var pciAddress: GuestFacts.PCIAddress? {
        guard let address = child(named: "address"), address.has("type", "pci") else { return nil }
        return GuestFacts.PCIAddress(
            domain: address.number("domain"), bus: address.number("bus"),
            slot: address.number("slot"), function: address.number("function"))
    }

    /// The state of the channel to the guest agent, if the device is that channel.
    var agentChannel: GuestFacts.AgentChannel? {
        guard isNamed("channel"), let target = child(named: "target"),
            target.has("name", GuestFacts.AgentChannel.target)
        else { return nil }
        return target.has("state", "connected") ? .connected : .disconnected
    }

    fileprivate func pciController(at place: GuestFacts.PCIAddress?) -> GuestFacts.Controller? {
        guard has("type", "pci"), let model = self["model"] else { return nil }
        let target = child(named: "target")
        return GuestFacts.Controller(
            model: model, index: number("index"),
            allowsHotplug: target?.has("hotplug", "off") != true,
            chassis: target?.number("chassis"), port: target?.number("port"),
            alias: child(named: "alias")?["name"], address: place,
            isMultifunction: child(named: "address")?.has("multifunction", "on") == true)
    }

    fileprivate func watchdog(at address: GuestFacts.PCIAddress?) -> GuestFacts.Watchdog {
        GuestFacts.Watchdog(
            model: self["model"] ?? "",
            action: self["action"] ?? WatchdogAction.reset.rawValue,
            alias: child(named: "alias")?["name"], address: address)
    }
}
