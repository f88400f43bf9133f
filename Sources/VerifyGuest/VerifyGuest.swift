// SPDX-License-Identifier: Apache-2.0

internal import System

/// The throw-away guest of `verify`, with `GuestImage` as its operating system.
package struct VerifyGuest {
    /// A machine type to verify.
    package enum Machine: String, CaseIterable, Sendable {
        case pc
        case q35
    }

    /// The guest's lines on its serial port.
    package enum Line {
        package static let booted = "VERIFY booted"
        package static let armed = "VERIFY armed"
        package static let failed = "VERIFY failed"
    }

    /// The guest's name, which may appear in the operator's lists.
    package static let name = "virt-watchdog-verify-\(CurrentProcess.id)"

    package var machine: Machine
    /// The domain type, `qemu` or `kvm`.
    package var type: String
    /// The path of the image.
    package var imagePath: String

    package init(machine: Machine, type: String, imagePath: String) {
        self.machine = machine
        self.type = type
        self.imagePath = imagePath
    }

    /// The domain XML.
    package var definition: String {
        """
        <domain type='\(type)'>
          <name>\(Self.name)</name>
          <memory unit='MiB'>32</memory>
          <vcpu>1</vcpu>
          <os>
            <type arch='x86_64' machine='\(machine.rawValue)'>hvm</type>
            <kernel>\(imagePath)</kernel>
          </os>
          <features><acpi/></features>
          <on_reboot>restart</on_reboot>
          <devices>
            \(controllers)
            <controller type='usb' model='none'/>
            <serial type='pty'/>
            <memballoon model='none'/>
          </devices>
        </domain>
        """
    }

    /// The PCI controllers. Without these, libvirt gives an empty q35 guest no port for hot-plug.
    private var controllers: String {
        switch machine {
        case .pc: ""
        case .q35:
            "<controller type='pci' index='0' model='pcie-root'/>"
                + "<controller type='pci' index='1' model='pcie-root-port'/>"
        }
    }
}
