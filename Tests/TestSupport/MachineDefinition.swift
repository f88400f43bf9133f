// SPDX-License-Identifier: Apache-2.0

/// A domain XML that tests write.
///
/// Every part of the type `String` is XML, except the attributes and names, which have no character
/// to escape. Fixtures that are broken or incomplete on purpose, and captured ones, are not written
/// with this type.
public struct MachineDefinition: Sendable {
    /// libvirt's type of the domain, such as `kvm`.
    public var type = "qemu"
    /// The number that libvirt gives a running guest.
    public var id: Int?
    /// The guest's name.
    public var name: String
    /// The guest's UUID; libvirt chooses one where there is none.
    public var uuid: String?
    /// The content of `metadata`.
    public var metadata = ""
    /// The memory in MiB.
    public var memory = 64
    /// The processor's architecture.
    public var arch = "x86_64"
    /// QEMU's machine type.
    public var machine: String
    /// Elements of `os` besides the type.
    public var firmware = ""
    /// The content of `features`.
    public var features = "<acpi/>"
    /// Elements between `features` and `devices`.
    public var settings = ""
    /// The content of `devices`.
    public var devices = ""
    /// Elements after `devices`, of the namespace `qemu`.
    public var qemu = ""

    /// Describes a machine of QEMU's emulation, with ACPI and without devices.
    public init(name: String = "guest", machine: String = "pc") {
        self.name = name
        self.machine = machine
    }

    /// The definition, with a line for each element.
    public var text: String {
        let id = id.map { " id='\($0)'" } ?? ""
        let namespace =
            qemu.isEmpty ? "" : " xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'"
        let lines = [
            "<domain type='\(type)'\(id)\(namespace)>",
            "  <name>\(name)</name>",
            uuid.map { "  <uuid>\($0)</uuid>" } ?? "",
            metadata.isEmpty ? "" : "  <metadata>\(metadata)</metadata>",
            "  <memory unit='MiB'>\(memory)</memory>",
            "  <vcpu>1</vcpu>",
            "  <os><type arch='\(arch)' machine='\(machine)'>hvm</type>\(firmware)</os>",
            "  <features>\(features)</features>",
            settings,
            "  <devices>\(devices)</devices>",
            qemu,
            "</domain>",
        ]
        return lines.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
    }

    /// Returns the definition of a guest with another name.
    public func definition(of name: String) -> String {
        var copy = self
        copy.name = name
        return copy.text
    }
}
