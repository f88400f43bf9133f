public import WatchdogPolicy

extension WatchdogDevice {
    /// The device as libvirt takes it for hot-plugging, with the alias that marks it as ours.
    public func xml(at point: AttachPoint) -> String {
        let address =
            switch point {
            case .automatic: ""
            case .rootPort(let address):
                "<address type='pci' domain='\(address.domain)' bus='\(address.bus)'"
                    + " slot='\(address.slot)' function='\(address.function)'/>"
            }
        return "<watchdog model='\(model.rawValue)' action='\(action.rawValue)'>"
            + "<alias name='\(WatchdogDevice.alias)'/>\(address)</watchdog>"
    }
}
