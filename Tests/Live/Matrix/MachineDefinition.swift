/// A machine as a definition describes it, and what becomes of it under a policy of reset.
struct MachineDefinition: Sendable {
    /// What becomes of a guest with such a machine.
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
    /// Its guest's UUID; libvirt chooses one where there is none.
    var uuid: String?
    var arch = "x86_64"
    var machine: String
    var firmware = ""
    var features = "<acpi/>"
    var processor = ""
    /// The devices besides those that every such guest has.
    var devices = ""
    var memory = 64
    var end: End

    /// The definition, of a guest that is not meant to boot anything.
    func definition(of name: String) -> String {
        """
        <domain type='qemu'>
          <name>\(name)</name>
          \(uuid.map { "<uuid>\($0)</uuid>" } ?? "")
          <memory unit='MiB'>\(memory)</memory>
          <vcpu>1</vcpu>
          <os><type arch='\(arch)' machine='\(machine)'>hvm</type>\(firmware)</os>
          <features>\(features)</features>
          \(processor)
          <devices>
            <controller type='usb' model='none'/>
            \(devices)
            <memballoon model='none'/>
          </devices>
        </domain>
        """
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

    static let all: [MachineDefinition] = [
        MachineDefinition(label: "pc", machine: "pc", end: .hotPlugged),
        MachineDefinition(
            label: "pc without ACPI", machine: "pc", features: "<pae/>",
            end: .coldBoot(model: "i6300esb", because: "without ACPI")),
        MachineDefinition(
            label: "pc without ACPI, with a pci-bridge", machine: "pc", features: "<pae/>",
            devices: bridge, end: .hotPlugged),
        MachineDefinition(
            label: "pc, pci-root with hotplug='off', and a pci-bridge", machine: "pc",
            devices: closedRoot + bridge, end: .hotPlugged),
        MachineDefinition(
            label: "pc, pci-root with hotplug='off'", machine: "pc", devices: closedRoot,
            end: .coldBoot(model: "i6300esb", because: noPort)),
        MachineDefinition(
            label: "q35, an empty port", machine: "q35", devices: ports(2) + deviceInPort,
            end: .hotPlugged),
        MachineDefinition(
            label: "q35, a pcie-to-pci-bridge", machine: "q35",
            devices: ports(2, "<controller type='pci' index='3' model='pcie-to-pci-bridge'/>"),
            end: .hotPlugged),
        MachineDefinition(
            label: "q35, no port left", machine: "q35", devices: ports(1) + deviceInPort,
            end: .coldBoot(model: "i6300esb", because: noPort)),
        MachineDefinition(
            label: "q35, ports with hotplug='off'", machine: "q35",
            devices: ports(2, target: "<target hotplug='off'/>"),
            end: .coldBoot(model: "i6300esb", because: noPort)),
        MachineDefinition(
            label: "q35, UEFI (OVMF)", machine: "q35",
            firmware: flash("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
            devices: ports(2), memory: 128, end: .hotPlugged),
        MachineDefinition(
            label: "q35 without ACPI", machine: "q35", features: "<pae/>", devices: ports(1),
            end: .hotPlugged),
        MachineDefinition(
            label: "virt (aarch64), an empty port", arch: "aarch64", machine: "virt",
            features: "<gic version='2'/>", processor: cortex, devices: ports(1), memory: 128,
            end: .hotPlugged),
        MachineDefinition(
            label: "virt (aarch64), no port", arch: "aarch64", machine: "virt",
            features: "<gic version='2'/>", processor: cortex, memory: 128,
            end: .coldBoot(model: "i6300esb", because: noPort)),
        MachineDefinition(
            label: "pseries (ppc64)", arch: "ppc64", machine: "pseries", features: "", memory: 256,
            end: .hotPlugged),
        MachineDefinition(
            label: "s390-ccw-virtio (s390x)", arch: "s390x", machine: "s390-ccw-virtio",
            features: "", memory: 128,
            end: .coldBoot(model: "diag288", because: "no other model than i6300esb")),
        MachineDefinition(
            label: "microvm", machine: "microvm", features: "", end: .never(because: noPCI)),
        MachineDefinition(
            label: "isapc", machine: "isapc", features: "", end: .never(because: noPCI)),
    ]
}
