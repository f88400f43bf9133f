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
    /// Any other machine; what it can take shows in its controllers.
    case other

    init(arch: String?, machine: String?) {
        switch (arch, machine ?? "") {
        case ("s390x", _), ("s390", _): self = .s390
        case (_, "isapc"), (_, "microvm"), (_, "none"), (_, "xenpv"): self = .withoutPCI
        // libvirt's default for x86 is pc, too.
        case ("x86_64", let name), ("i686", let name), ("i386", let name), (nil, let name):
            self = MachineType(x86: name)
        default: self = .other
        }
    }

    private init(x86 name: String) {
        switch name {
        case "q35": self = .q35
        case "", "pc", "xenfv": self = .i440fx
        case _ where name.hasPrefix("pc-q35"): self = .q35
        case _ where name.hasPrefix("pc-") || name.hasPrefix("rhel6."): self = .i440fx
        case _ where name.hasPrefix("s390-ccw"): self = .s390
        default: self = .other
        }
    }
}
