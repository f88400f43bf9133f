// SPDX-License-Identifier: Apache-2.0

import TestSupport

/// A machine of the matrix, and its watchdog under a policy of reset.
struct MatrixMachine: Sendable {
    /// The watchdog that a guest with such a machine gets.
    enum End: Sendable {
        /// It has the device while it runs, from its start on.
        case hotPlugged
        /// It has the device of that model from its next cold start on, once it is in the definition.
        case coldBoot(model: String, because: String)
        /// It cannot have one.
        case never(because: String)
    }

    /// What the table calls it.
    var label: String
    /// The definition, of a guest that boots nothing.
    var definition: MachineDefinition
    var end: End

    /// - Parameters:
    ///   - processor: The element `cpu`.
    ///   - devices: The devices besides those that every such guest has.
    init(
        label: String, arch: String = "x86_64", machine: String, firmware: String = "",
        features: String = "<acpi/>", processor: String = "", devices: String = "",
        memory: Int = 64, end: End
    ) {
        self.label = label
        self.end = end
        definition = MachineDefinition(machine: machine)
        definition.arch = arch
        definition.firmware = firmware
        definition.features = features
        definition.settings = processor
        definition.memory = memory
        definition.devices =
            "<controller type='usb' model='none'/>\(devices)<memballoon model='none'/>"
    }

    private static let noPort = "no free conventional PCI slot and no empty pcie-root-port"
    private static let noPCI = "has no PCI bus"

    /// The controllers of a PCI Express machine with so many ports.
    private static func ports(_ count: Int, target: String = "", _ more: String = "") -> String {
        "<controller type='pci' index='0' model='pcie-root'/>"
            + (0..<count).map {
                "<controller type='pci' index='\($0 + 1)' model='pcie-root-port'>\(target)</controller>"
            }.joined() + more
    }

    private static let bridge = "<controller type='pci' index='1' model='pci-bridge'/>"
    private static let closedRoot =
        "<controller type='pci' index='0' model='pci-root'><target hotplug='off'/></controller>"
    private static let deviceInPort =
        "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"
    private static let cortex =
        "<cpu mode='custom' match='exact'><model fallback='allow'>cortex-a57</model></cpu>"

    /// Flash with UEFI; the path of the code differs between releases of Debian.
    private static func flash(_ code: String, _ variables: String) -> String {
        "<loader readonly='yes' type='pflash'>\(code)</loader><nvram template='\(variables)'/>"
    }

    static let all: [MatrixMachine] = [
        MatrixMachine(label: "pc", machine: "pc", end: .hotPlugged),
        MatrixMachine(
            label: "pc without ACPI", machine: "pc", features: "<pae/>",
            end: .coldBoot(model: "i6300esb", because: "ACPI, which the guest does not have")),
        MatrixMachine(
            label: "pc without ACPI, with a pci-bridge", machine: "pc", features: "<pae/>",
            devices: bridge, end: .hotPlugged),
        MatrixMachine(
            label: "pc, pci-root with hotplug='off', and a pci-bridge", machine: "pc",
            devices: closedRoot + bridge, end: .hotPlugged),
        MatrixMachine(
            label: "pc, pci-root with hotplug='off'", machine: "pc", devices: closedRoot,
            end: .coldBoot(model: "i6300esb", because: noPort)),
        MatrixMachine(
            label: "q35, an empty port", machine: "q35", devices: ports(2) + deviceInPort,
            end: .hotPlugged),
        MatrixMachine(
            label: "q35, a pcie-to-pci-bridge", machine: "q35",
            devices: ports(2, "<controller type='pci' index='3' model='pcie-to-pci-bridge'/>"),
            end: .hotPlugged),
        MatrixMachine(
            label: "q35, no port left", machine: "q35", devices: ports(1) + deviceInPort,
            end: .coldBoot(model: "i6300esb", because: noPort)),
        MatrixMachine(
            label: "q35, ports with hotplug='off'", machine: "q35",
            devices: ports(2, target: "<target hotplug='off'/>"),
            end: .coldBoot(model: "i6300esb", because: noPort)),
        MatrixMachine(
            label: "q35, UEFI (OVMF)", machine: "q35",
            firmware: flash("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
            devices: ports(2), memory: 128, end: .hotPlugged),
        MatrixMachine(
            label: "q35 without ACPI", machine: "q35", features: "<pae/>", devices: ports(1),
            end: .hotPlugged),
        MatrixMachine(
            label: "virt (aarch64), an empty port", arch: "aarch64", machine: "virt",
            features: "<gic version='2'/>", processor: cortex, devices: ports(1), memory: 128,
            end: .hotPlugged),
        MatrixMachine(
            label: "virt (aarch64), no port", arch: "aarch64", machine: "virt",
            features: "<gic version='2'/>", processor: cortex, memory: 128,
            end: .coldBoot(model: "i6300esb", because: noPort)),
        MatrixMachine(
            label: "pseries (ppc64)", arch: "ppc64", machine: "pseries", features: "", memory: 256,
            end: .hotPlugged),
        MatrixMachine(
            label: "s390-ccw-virtio (s390x)", arch: "s390x", machine: "s390-ccw-virtio",
            features: "", memory: 128,
            end: .coldBoot(model: "diag288", because: "no other model than i6300esb")),
        MatrixMachine(
            label: "microvm", machine: "microvm", features: "", end: .never(because: noPCI)),
        MatrixMachine(
            label: "isapc", machine: "isapc", features: "", end: .never(because: noPCI)),
    ]
}
