/// The kinds of machine that differ in the watchdogs that they can take.
enum MachineType: Sendable, Hashable {
    /// An x86 machine with the i440FX chipset: conventional PCI and ISA.
    case i440fx
    /// An x86 machine with the ICH9 chipset: PCI Express.
    case q35
    /// A mainframe.
    case s390
    /// A machine without PCI: isapc, microvm and the like.
    case withoutPCI
    /// A machine of another processor that has PCI for certain.
    case otherWithPCI
    /// Any other machine; what it can take shows in its controllers.
    case other

    /// Whether the machine has PCI for certain.
    var hasPCI: Bool {
        switch self {
        case .i440fx, .q35, .otherWithPCI: true
        case .s390, .withoutPCI, .other: false
        }
    }

    /// Recognises a machine.
    ///
    /// - Parameter controllers: The PCI controllers of its definition, which say more than the name.
    init(arch: String?, machine: String?, controllers: [GuestFacts.Controller] = []) {
        let name = machine ?? ""
        switch arch {
        case "s390x", "s390": self = .s390
        case "x86_64", "i686", "i386":
            // A distribution may name its machines as it likes.
            if controllers.contains(where: { $0.model == "pcie-root" }) {
                self = .q35
            } else if controllers.contains(where: { $0.model == "pci-root" }) {
                self = .i440fx
            } else {
                self = MachineType(x86: name)
            }
        // libvirt's default for x86 is pc, too.
        case nil where name.isEmpty || MachineType(x86: name) != .other:
            self = MachineType(x86: name)
        default: self = MachineType(other: name)
        }
    }

    private init(x86 name: String) {
        switch name.family {
        case "isapc", "microvm", "nitro", "none", "xenpv": self = .withoutPCI
        case _ where name.hasPrefix("s390-ccw"): self = .s390
        case _ where name.contains("q35"): self = .q35
        case "", "pc", "ubuntu", "xenfv", "rhel6": self = .i440fx
        case _ where name.contains("i440fx"): self = .i440fx
        default: self = .other
        }
    }

    private init(other name: String) {
        let family = name.family
        if machinesWithPCI.contains(family) {
            self = .otherWithPCI
        } else {
            self = machinesWithoutPCI.contains(where: family.hasPrefix) ? .withoutPCI : .other
        }
    }
}

/// Machines that have PCI, by their families.
private let machinesWithPCI: StaticNames = ["virt", "pseries", "powernv", "sbsa"]

/// Machines that have no PCI, by what their families start with.
private let machinesWithoutPCI: StaticNames = [
]
