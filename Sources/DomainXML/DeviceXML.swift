package import WatchdogPolicy

extension WatchdogDevice {
    /// The device as libvirt takes it for hot-plugging, with the alias that marks it as ours.
    package func xml(at point: AttachPoint) -> String {
        let address =
            point.address.map {
                "<address type='pci' domain='\($0.domain)' bus='\($0.bus)'"
                    + " slot='\($0.slot)' function='\($0.function)'/>"
            } ?? ""
        return "<watchdog model='\(model.rawValue)' action='\(action.rawValue)'>"
            + "<alias name='\(WatchdogDevice.alias)'/>\(address)</watchdog>"
    }
}

extension ActionOverride {
    /// The element as libvirt takes it for metadata; it adds the namespace itself.
    package var xml: String {
        "<\(Self.elementName) action='\(action.asAttribute)' over='\(over.asAttribute)'"
            + " id='\(id.asAttribute)' run='\((run?.text ?? "").asAttribute)'"
            + (isPending ? " pending='yes'/>" : "/>")
    }
}

extension OptOut {
    /// The element as libvirt takes it for metadata; it adds the namespace itself.
    package var xml: String { "<\(Self.elementName) run='\((run?.text ?? "").asAttribute)'/>" }
}

extension String {
    /// The text as it stands in an attribute's quotes.
    fileprivate var asAttribute: String {
        unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case "'": text += "&apos;"
            // White space other than a blank would be read back as a blank.
            case "\t", "\n", "\r": text += "&#\(scalar.value);"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}

extension PersistentAddition.RootPort {
    /// The port as libvirt takes it for a persistent definition, with the alias that marks it as
    /// ours. libvirt fills in none of its attributes where a controller is added to a definition.
    package var xml: String {
        "<controller type='pci' model='pcie-root-port' index='\(index)'>"
            + "<model name='pcie-root-port'/>"
            + "<target chassis='\(chassis)' port='\(port)'/>"
            + "<alias name='\(Self.alias)'/>"
            + "<address type='pci' domain='\(address.domain)' bus='\(address.bus)'"
            + " slot='\(address.slot)' function='\(address.function)'/></controller>"
    }
}
