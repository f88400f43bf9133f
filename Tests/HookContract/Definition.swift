// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// Words that stand where secrets do; they may show up nowhere but in a printed definition.
enum Canary {
    /// Stands for a password in a definition, as the ones for migration carry it.
    static let inDefinition = "canary-of-the-definition"
    /// Stands for the agent's keystore passphrase in a properties file.
    static let inProperties = "canary-of-the-properties"
    static let all = [inDefinition, inProperties]
}

/// A definition as libvirt 9.0 hands it to a hook.
struct Definition: Sendable {
    enum Machine: Sendable {
        case pc, q35WithFreePort, q35WithoutFreePort, microvm, isapc
    }

    static let uuid = "c7a5fdbd-edaf-9455-926a-d65c16db1809"

    var name = "i-2-34-VM"
    var uuid = Definition.uuid
    var machine = Machine.pc
    var type = "kvm"
    var emulator = "/usr/bin/qemu-system-x86_64"
    var watchdogs: [String] = []
    var metadata = ""
    /// Stands in front of the devices.
    var more = ""

    var data: Data { Data(text.utf8) }

    var text: String {
        var definition = MachineDefinition(name: name, machine: machineName)
        definition.type = type
        definition.id = 7
        definition.uuid = uuid
        definition.metadata = """
            \(metadata)
                <x:note xmlns:x='urn:example:x'>a &lt; b &amp; c</x:note>
            """
        definition.memory = 1024
        definition.firmware = "<boot dev='hd'/>"
        definition.features = "<acpi/><apic/>"
        definition.settings = """
              <clock offset='utc'>
                <timer name='rtc' tickpolicy='catchup'/>
              </clock>
              <on_poweroff>destroy</on_poweroff>
              <on_reboot>restart</on_reboot>
              <on_crash>destroy</on_crash>
              \(more)<!-- a comment; it stays -->
            """
        definition.devices = "\n\(devices)\n\(watchdogs.map { "    \($0)\n" }.joined())  "
        definition.qemu = """
              <qemu:commandline>
                <qemu:arg value='-foo'/>
              </qemu:commandline>
            """
        return definition.text
    }

    private var devices: String {
        """
            <emulator>\(emulator)</emulator>
            <disk type='file' device='disk'>
              <driver name='qemu' type='qcow2'/>
              <source file='/var/lib/libvirt/images/guest.qcow2' index='1'/>
              <target dev='vda' bus='virtio'/>
            </disk>
        \(controllers)
            <serial type='pty'>
              <target type='isa-serial' port='0'/>
            </serial>
            <input type='mouse' bus='ps2'/>
            <graphics type='vnc' port='-1' autoport='yes' passwd='\(Canary.inDefinition)'/>
            <memballoon model='none'/>
        """
    }

    private var machineName: String {
        switch machine {
        case .pc: "pc-i440fx-7.2"
        case .q35WithFreePort, .q35WithoutFreePort: "pc-q35-7.2"
        case .microvm: "microvm"
        case .isapc: "isapc"
        }
    }

    private var controllers: String {
        let port = { (index: Int) in
            """
                <controller type='pci' index='\(index)' model='pcie-root-port'>
                  <model name='pcie-root-port'/>
                  <target chassis='\(index)' port='0x1\(index)'/>
                </controller>
            """
        }
        let interface = """
                <interface type='user'>
                  <mac address='52:54:00:8a:2b:5c'/>
                  <model type='virtio'/>
                  <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
                </interface>
            """
        let root = "    <controller type='pci' index='0' model='pcie-root'/>"
        return switch machine {
        case .pc: "    <controller type='pci' index='0' model='pci-root'/>"
        case .q35WithFreePort: [root, port(1), port(2), interface].joined(separator: "\n")
        case .q35WithoutFreePort: [root, port(1), interface].joined(separator: "\n")
        case .microvm, .isapc: ""
        }
    }
}

/// The policy of a guest, as it stands in its metadata.
func guestPolicy(_ attributes: String) -> String {
    "<watchdog:policy xmlns:watchdog='urn:virt-watchdog:policy:1' \(attributes)/>"
}
