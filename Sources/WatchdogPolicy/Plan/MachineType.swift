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
        let name = machine ?? ""
        if arch == "s390x" || arch == "s390" {
            self = .s390
        } else if Self.namesWithoutPCI.contains(name) || name.hasPrefix("microvm") {
            self = .withoutPCI
        } else if let arch, !Self.x86.contains(arch) {
            self = .other
        } else if name == "q35" || name.hasPrefix("pc-q35") {
            self = .q35
        } else if name.isEmpty || name == "pc" || name.hasPrefix("pc-") || name == "xenfv"
            || name.hasPrefix("rhel6.")
        {
            // libvirt's default for x86 is pc, too.
            self = .i440fx
        } else if name.hasPrefix("s390-ccw") {
            self = .s390
        } else {
            self = .other
        }
    }

    private static let x86: Set<String> = ["x86_64", "i686", "i386"]
    private static let namesWithoutPCI: Set<String> = ["isapc", "microvm", "none", "xenpv"]
}
