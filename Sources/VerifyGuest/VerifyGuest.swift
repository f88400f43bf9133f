internal import System

/// The throw-away guest of `verify`, whose whole operating system is `GuestImage`.
package struct VerifyGuest {
    /// A kind of machine to verify.
    package enum Machine: String, CaseIterable, Sendable {
        case pc
        case q35
    }

    /// What the guest prints on its serial port.
    package enum Line {
        package static let booted = "VERIFY booted"
        package static let armed = "VERIFY armed"
        package static let failed = "VERIFY failed"
    }

    /// The name, which an operator may meet in a list while it runs.
    package static let name = "virt-watchdog-verify-\(CurrentProcess.id)"

    /// The guest's machine.
    package var machine: Machine
    /// The domain type, `qemu` or `kvm`.
    package var type: String
    /// Where the image is.
    package var imagePath: String

    /// Describes a guest.
    ///
    /// - Parameters:
    ///   - machine: The kind of machine.
    ///   - type: The domain type.
    ///   - imagePath: The path of the image.
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

    /// A q35 guest that has no PCIe device gets no port to plug one into from libvirt.
    private var controllers: String {
        switch machine {
        case .pc: ""
        case .q35:
            "<controller type='pci' index='0' model='pcie-root'/>"
                + "<controller type='pci' index='1' model='pcie-root-port'/>"
        }
    }
}
