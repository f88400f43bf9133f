// SPDX-License-Identifier: Apache-2.0

package import WatchdogPolicy

extension PersistentAddition.RootPort {
    /// The element for a persistent domain XML, with our alias. libvirt completes none of its
    /// attributes.
    package var xml: String {
        "<controller type='pci' model='pcie-root-port' index='\(index)'>"
            + "<model name='pcie-root-port'/>"
            + "<target chassis='\(chassis)' port='\(port)'/>"
            + "<alias name='\(Self.alias)'/>"
            + "<address type='pci' domain='\(address.domain)' bus='\(address.bus)'"
            + " slot='\(address.slot)' function='\(address.function)'/></controller>"
    }
}
