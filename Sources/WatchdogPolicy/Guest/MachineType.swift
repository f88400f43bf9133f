// SPDX-License-Identifier: Apache-2.0

/// The kinds of machine, by the watchdogs that they can have.
enum MachineType: Sendable, Hashable {
    /// An x86 machine with the i440FX chipset: conventional PCI and ISA.
    case i440fx
    /// An x86 machine with the ICH9 chipset: PCI Express.
    case q35
    /// An IBM Z mainframe.
    case s390
    /// A machine without PCI, such as isapc or microvm.
    case withoutPCI
    /// A machine of another architecture that always has PCI.
    case otherWithPCI
    /// Any other machine, whose controllers show whether it has PCI.
    case other

    /// Whether the machine always has PCI.
    var hasPCI: Bool {
        switch self {
        case .i440fx, .q35, .otherWithPCI: true
        case .s390, .withoutPCI, .other: false
        }
    }

    /// Recognises a machine by its architecture and name.
    ///
    /// - Parameter controllers: The PCI controllers of the guest. They win over the name, which a
    ///   distribution may have chosen.
    init(arch: String?, machine: String?, controllers: [GuestFacts.Controller] = []) {
        let name = machine ?? ""
        switch arch {
        case "s390x", "s390": self = .s390
        case "x86_64", "i686", "i386":
            let named = MachineType(x86: name)
            if named == .withoutPCI {
                self = named
            } else if controllers.contains(where: { $0.model == "pcie-root" }) {
                self = .q35
            } else if controllers.contains(where: { $0.model == "pci-root" }) {
                self = .i440fx
            } else {
                self = named
            }
        case nil:
            // libvirt's default for x86 is pc, too.
            let x86 = MachineType(x86: name)
            self = x86 == .other ? MachineType(name, arch: nil) : x86
        case let arch?:
            self = controllers.isEmpty ? MachineType(name, arch: arch) : .other
        }
    }

    private init(x86 name: String) {
        switch name.prefix(while: { $0 != "-" && $0 != "." }) {
        case "isapc", "microvm", "nitro", "none", "xenpv": self = .withoutPCI
        case _ where name.hasPrefix("s390-ccw"): self = .s390
        case _ where name.hasPart("q35"): self = .q35
        case _ where name.hasPart("i440fx"): self = .i440fx
        case "", "pc", "ubuntu", "xenfv", "rhel6": self = .i440fx
        default: self = .other
        }
    }

    /// Recognises a machine of any other architecture.
    private init(_ name: String, arch: String?) {
        if name == "none" || arch.map(archesWithoutPCI.contains) == true {
            self = .withoutPCI
        } else if boardsWithoutPCI.contains(where: name.hasPrefix) || name.hasSuffix("-bmc") {
            self = .withoutPCI
        } else if name.hasPart("virt") || name.hasPrefix("pseries") || name.hasPrefix("powernv") {
            self = .otherWithPCI
        } else {
            self = .other
        }
    }
}

/// The architectures whose machines never take the i6300esb, as libvirt names them.
private let archesWithoutPCI = [
    "avr", "cris", "m68k", "microblaze", "microblazeel", "rx", "tricore",
]

/// The prefixes of the boards without PCI: QEMU 7.2 adds no `-device i6300esb` to them.
private let boardsWithoutPCI = [
    // Arm
    "akita", "ast1030", "ast2500", "ast2600", "borzoi", "canon-a1100", "cheetah", "collie",
    "connex", "cubieboard", "emcraft", "fby35", "highbank", "imx25", "integratorcp", "kzm",
    "lm3s", "mainstone", "mcimx6ul", "microbit", "midway", "mps2-", "mps3-", "musca", "musicpal",
    "n800", "n810", "netduino", "npcm750", "nuri", "orangepi", "quanta", "raspi", "realview-pb",
    "sabrelite", "smdkc210", "spitz", "stm32", "sx1", "terrier", "tosa", "verdex", "vexpress",
    "xilinx-zynq", "xlnx-", "z2",
    // RISC-V
    "microchip-icicle", "opentitan", "shakti", "sifive",
    // PowerPC, OpenRISC, SuperH, Xtensa
    "virtex-ml507", "ref405ep", "or1k-sim", "shix", "kc705", "lx200", "lx60", "ml605",
]
