import HostSystem

/// The throw-away guest of `verify`, whose whole operating system is `GuestImage`.
struct VerifyGuest {
    /// A kind of machine to verify.
    enum Machine: String, CaseIterable {
        case pc
        case q35
    }

    /// What the guest prints on its serial port.
    enum Line {
        static let booted = "VERIFY booted"
        static let armed = "VERIFY armed"
        static let failed = "VERIFY failed"
    }

    /// The name, which an operator may meet in a list while it runs.
    static let name = "virt-watchdog-verify-\(processID)"

    /// The guest's machine.
    var machine: Machine
    /// The domain type, `qemu` or `kvm`.
    var type: String
    /// Where the image is.
    var imagePath: String

    /// The definition.
    var definition: String {
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
