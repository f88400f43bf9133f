// SPDX-License-Identifier: Apache-2.0

package import WatchdogPolicy

extension WatchdogDevice {
    /// Returns the element for libvirt's hot-plug, with our alias.
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
